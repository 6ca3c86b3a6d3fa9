"""The market as we know it: board, books and tapes, and the one place where a batch is applied to them."""

from ibtui.market.board import QuoteBoard
from ibtui.market.book import DepthBook
from ibtui.market.rows import Batch
from ibtui.market.tape import Tape


class MarketState:
    """Everything quoted, by contract id, and what changed since its reader cleared the dirty sets.

    Attributes:
        dirty_books: Contract ids whose book changed.
        dirty_tapes: Contract ids whose tape grew.
    """

    def __init__(self) -> None:
        self.board = QuoteBoard()
        self.books: dict[int, DepthBook] = {}
        self.tapes: dict[int, Tape] = {}
        self.dirty_books: set[int] = set()
        self.dirty_tapes: set[int] = set()

    def book(self, con_id: int) -> DepthBook:
        """The book of a contract, empty when nothing came yet."""
        book = self.books.get(con_id)
        if book is None:
            book = self.books[con_id] = DepthBook(con_id)
        return book

    def tape(self, con_id: int) -> Tape:
        """The tape of a contract, empty when nothing came yet."""
        tape = self.tapes.get(con_id)
        if tape is None:
            tape = self.tapes[con_id] = Tape(con_id)
        return tape

    def apply(self, batch: Batch, session: int) -> None:
        """Takes what one network read of the given gateway session brought."""
        monotonic = batch.monotonic
        if batch.ticks:
            self.board.apply(batch.ticks, monotonic, session)
        books, tapes = self.books, self.tapes
        for depth_row in batch.depth:
            con_id = depth_row[0]
            (books.get(con_id) or self.book(con_id)).apply(depth_row, monotonic)
            self.dirty_books.add(con_id)
        second = int(monotonic)
        for print_row in batch.prints:
            con_id = print_row[0]
            (tapes.get(con_id) or self.tape(con_id)).append(print_row, second)
            self.dirty_tapes.add(con_id)
