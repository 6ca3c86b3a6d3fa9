"""The market as we know it: board, books and tapes, and the one place where a batch is applied to them."""

from collections.abc import Set

from ibtui.market.board import QuoteBoard
from ibtui.market.book import DepthBook
from ibtui.market.flow import Flow
from ibtui.market.integrity import PATIENCE, BookWatch
from ibtui.market.rows import Batch
from ibtui.market.tape import Tape


class MarketState:
    """Everything quoted, by contract id, and what changed since its reader cleared the dirty sets.

    Attributes:
        dirty_books: Contract ids whose book changed.
        dirty_tapes: Contract ids whose tape grew.
        flows: Trades and changes by price, of the contracts that a ladder asked for with :meth:`flow`.
    """

    def __init__(self) -> None:
        self.board = QuoteBoard()
        self.books: dict[int, DepthBook] = {}
        self.tapes: dict[int, Tape] = {}
        self.flows: dict[int, Flow] = {}
        self._watches: dict[int, BookWatch] = {}
        self.dirty_books: set[int] = set()
        self.dirty_tapes: set[int] = set()

    def book(self, con_id: int) -> DepthBook:
        """The book of a contract, empty when nothing came yet."""
        book = self.books.get(con_id)
        if book is None:
            book = self.books[con_id] = DepthBook(con_id)
            self._watches[con_id] = BookWatch()
        return book

    def tape(self, con_id: int) -> Tape:
        """The tape of a contract, empty when nothing came yet."""
        tape = self.tapes.get(con_id)
        if tape is None:
            tape = self.tapes[con_id] = Tape(con_id)
        return tape

    def flow(self, con_id: int) -> Flow:
        """What goes on at each price of a contract; counted from the first call on."""
        flow = self.flows.get(con_id)
        if flow is None:
            flow = self.flows[con_id] = Flow(con_id)
        return flow

    def trouble(self, con_id: int, now: float, patience: float = PATIENCE) -> str:
        """Why a contract's book is not to be believed, see :meth:`BookWatch.trouble`; empty without a book."""
        book = self.books.get(con_id)
        if book is None:
            return ""
        return self._watches[con_id].trouble(book, self.board.quote(con_id), now, patience)

    def apply(self, batch: Batch, session: int) -> Set[int]:
        """Takes what one network read of the given gateway session brought.

        Returns:
            The contract ids whose book changed.
        """
        monotonic = batch.monotonic
        board, books, tapes, flows, watches = self.board, self.books, self.tapes, self.flows, self._watches
        touched: set[int] = set()
        for depth_row in batch.depth:
            con_id = depth_row[0]
            (books.get(con_id) or self.book(con_id)).apply(depth_row, monotonic)
            touched.add(con_id)
        if batch.ticks:
            for con_id, quote in board.apply(batch.ticks, monotonic, session).items():
                if con_id in watches:
                    watches[con_id].note(books[con_id], quote, monotonic)
        for con_id in touched:
            self.dirty_books.add(con_id)
            watches[con_id].note(books[con_id], board.quote(con_id), monotonic)
            if con_id in flows:
                flows[con_id].book_changed(books[con_id], monotonic)
        second = int(monotonic)
        for print_row in batch.prints:
            con_id = print_row[0]
            (tapes.get(con_id) or self.tape(con_id)).append(print_row, second)
            self.dirty_tapes.add(con_id)
            if con_id in flows:
                flows[con_id].printed(print_row[4], print_row[5], print_row[8], monotonic)
        return touched
