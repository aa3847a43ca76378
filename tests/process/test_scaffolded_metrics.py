"""Metrics of a made project: whichever process is asked tells for all of them."""

from pathlib import Path

from support.server_process import ServerProcess

from tornado_cli.scaffold.generate import plan

TOKEN = "the token of this test, and of nothing else"
COUNT = 'http_request_duration_seconds_count{handler="LiveHandler",method="GET",status="200"}'


def test_any_worker_tells_what_all_have_answered(tmp_path: Path) -> None:
    plan(tmp_path / "shop", preset="minimal", given={"metrics": True}).write()
    (tmp_path / "counts").mkdir()
    env = {"PYTHONPATH": "src", "METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counts")}
    with ServerProcess("run", "--workers", "2", cwd=tmp_path / "shop", env=env) as server:
        server.wait_for("ready", generation=1)
        held = [server.connect() for _ in range(4)]
        # A worker counts an answer before it takes the next request of that connection.
        for path in ("/livez", "/readyz"):
            assert [connection.get(path).status for connection in held] == [200] * 4
        assert len({event["source"] for event in server.wait_for_all(4, {"path": "/livez"})}) == 2
        for connection in held:
            assert f"{COUNT} 4.0\n" in connection.get("/metrics", Authorization=f"Bearer {TOKEN}").text
            connection.close()
