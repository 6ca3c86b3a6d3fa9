"""Settings: where they come from, which wins, and one clear line for every mistake."""

from pathlib import Path

import pytest

from ibtui.config import Settings, as_toml, listen_address, load, reference, without_effect
from ibtui.errors import ConfigError


def write(directory: Path, text: str) -> Path:
    file = directory / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(tmp_path / "absent.toml", environment={})
    assert settings == Settings()
    assert (settings.gateway.host, settings.gateway.port, settings.gateway.client_id) == ("127.0.0.1", 4002, 10)


def test_flags_beat_the_environment_and_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[gateway]\nhost = "a"\nport = 1\nclient_id = 5\n')
    settings = load(
        file,
        environment={"IBTUI_PORT": "2", "IBTUI_CLIENT_ID": "6"},
        flags={("gateway", "client_id"): 7, ("gateway", "host"): None},
    )
    assert (settings.gateway.host, settings.gateway.port, settings.gateway.client_id) == ("a", 2, 7)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[gatway]\nport = 1\n", ["[gatway]", "[gateway]"]),
        ("[gateway]\nprot = 1\n", ["prot", "[gateway]", "port"]),
        ('[gateway]\nport = "x"\n', ["port", "whole number"]),
        ("[gateway]\nport = true\n", ["port", "whole number"]),
        ("[gateway]\nport = 0\n", ["port", "at least 1"]),
        ("[gateway]\nport = 65536\n", ["port", "at most 65535"]),
        ('[orders]\nconfirm = "never"\n', ["confirm", "first, always, armed"]),
        ("[risk]\ncollar_percent = nan\n", ["collar_percent", "at least 0"]),
        ("[alerts]\nbell = 1\n", ["bell", "true or false"]),
        ('[alerts]\noff = "fill"\n', ["off", "a list such as"]),
        ('[alerts]\noff = ["fill", "news"]\n', ["off", "connection, feed, order, fill"]),
        ('[alerts]\ncommand = "notify \'me"\n', ["command", "No closing quotation"]),
        ('[health]\nlisten = "8500"\n', ["listen", "HOST:PORT"]),
        ('[health]\nlisten = "127.0.0.1:85000"\n', ["listen", "HOST:PORT"]),
        ('[health]\nlisten = "0.0.0.0:8500"\n', ["listen", "0.0.0.0:8500 public"]),
        ("[keys]\nbuy = 3\n", ["buy", "key's name"]),
        ("port = 1\n", ["port", "outside a section"]),
        ("[gateway\n", ["TOML"]),
    ],
)
def test_a_wrong_entry_is_one_line_naming_file_key_and_what_is_allowed(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(file, environment={})
    message = str(caught.value)
    assert "\n" not in message
    assert all(name in message for name in [str(file), *names]), message
    assert caught.value.exit_code == 2


def test_a_wrong_environment_variable_is_named() -> None:
    with pytest.raises(ConfigError, match=r"IBTUI_PORT.*whole number"):
        load(environment={"IBTUI_PORT": "abc"})


def test_what_is_shown_can_be_read_back(tmp_path: Path) -> None:
    settings = load(
        write(
            tmp_path,
            '[gateway]\nhost = "q\\"uote"\n[alerts]\noff = ["fill", "feed"]\n'
            '[ui]\ntheme = "light"\n[keys]\n"order.buy" = "B"\n',
        ),
        environment={},
    )
    again = load(write(tmp_path, as_toml(settings)), environment={})
    assert again == settings


def test_every_setting_says_what_it_means() -> None:
    rows = list(reference())
    assert len({(section, key) for section, key, *_ in rows}) == len(rows) > 30
    assert all(about.endswith(".") for _, _, _, about, _ in rows)


def test_a_setting_that_does_nothing_yet_is_named_to_whoever_sets_it(tmp_path: Path) -> None:
    settings = load(write(tmp_path, "[backfill]\nrefresh_minutes = 9\n[depth]\nrows = 5\n"), environment={})
    assert without_effect(settings) == ["[backfill] refresh_minutes"]
    assert without_effect(Settings()) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", None),
        ("127.0.0.1:8500", ("127.0.0.1", 8500)),
        ("[::1]:8500", ("::1", 8500)),
        ("localhost:0", ("localhost", 0)),
        ("0.0.0.0:8500 public", ("0.0.0.0", 8500)),
        ("monitor.example:80 public", ("monitor.example", 80)),
    ],
)
def test_where_health_listens_is_read_from_one_text(text: str, address: tuple[str, int] | None) -> None:
    assert listen_address(text) == address
