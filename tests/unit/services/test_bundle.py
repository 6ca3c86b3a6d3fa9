"""A bug report tells what helps, and neither accounts nor secrets."""

import json
import zipfile
from pathlib import Path

from click.testing import CliRunner

from ibtui.cli import main


def test_a_bundle_holds_what_helps_and_neither_accounts_nor_secrets(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "10.9.8.7 1 10.9.8.6 22")
    (tmp_path / "ibtui.log").write_text(
        "order for DU1234567 refused; ULIVE01 and U7654321 are live; connected to 10.1.2.3:4002\n"
    )
    settings = tmp_path / "config.toml"
    settings.write_text(
        '[gateway]\nhost = "10.1.2.3"\naccount = "DU1234567"\n[alerts]\ncommand = "notify --token s3cret"\n'
    )
    output = tmp_path / "report.zip"
    asked = ["bundle", "-o", str(output), "--data-dir", str(tmp_path), "--config", str(settings)]
    ran = CliRunner().invoke(main, asked)
    assert ran.exit_code == 0, ran.output
    assert output.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(output) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {"ibtui.log", "status.json", "settings.json", "files.json", "versions.json"}
    assert texts["ibtui.log"].startswith("order for DU*** refused;")
    whole = "".join(texts.values())
    for secret in ("1234567", "7654321", "s3cret", "10.1.2.3", "LIVE01", "10.9.8"):
        assert secret not in whole
    assert json.loads(texts["settings.json"])["alerts"]["command"] == "(set)"
    assert json.loads(texts["versions.json"])["libraries"]["textual"].startswith("8.")
    assert CliRunner().invoke(main, asked).exit_code != 0, "nothing is overwritten"
