"""Settings, loading and status: what reaches the service, and what the user is told."""

import asyncio

import pytest
from lsprotocol import types

from tests.e2e.client import Session, capabilities, session
from tests.e2e.raw_client import raw_client


async def options(opened: Session) -> dict[str, object]:
    opened.open("x = ")
    await opened.inline(0, 4)
    return (await opened.asked())["options"]


async def test_initialization_options_count() -> None:
    async with session({"holesmith": {"model": "mine", "inline": {"lines": "single"}}}) as opened:
        found = await options(opened)
        assert (found["model"], found["lines"]) == ("mine", "single")


async def test_the_clients_answer_overrides_them_and_is_asked_for_again_after_a_change() -> None:
    initial = {"inline": {"tokensMax": 9, "lines": "single"}}
    answer = {"holesmith": {"inline": {"lines": "multi"}}}
    async with session(initial, configuration=answer) as opened:
        found = await options(opened)
        assert (found["tokens_max"], found["lines"]) == (9, "multi")
        opened.client.set_configuration({"holesmith": {"model": "other"}})
        change = types.DidChangeConfigurationParams(settings=None)
        opened.client.workspace_did_change_configuration(change)
        await opened.status_with(health="ready", model="other")
        found = await options(opened)
        assert (found["model"], found["lines"]) == ("other", "single")


async def test_a_client_that_cannot_be_asked_tells_of_changes() -> None:
    async with session() as opened:
        change = types.DidChangeConfigurationParams(settings={"holesmith": {"model": "told"}})
        opened.client.workspace_did_change_configuration(change)
        await opened.status_with(health="ready", model="told")


async def test_every_problem_is_told_once_and_stays_in_the_status() -> None:
    settings = {"inline": {"tokensMax": "many"}, "colour": "red"}
    async with session(settings) as opened:
        status = await opened.request("holesmith/status")
        assert len(status["settings_problems"]) == 2
        (message,) = opened.client.messages
        assert message.type == types.MessageType.Warning
        assert "holesmith.inline.tokensMax must be a whole number" in message.message
        assert "holesmith.colour is not a setting" in message.message
        again = types.DidChangeConfigurationParams(settings=None)
        opened.client.workspace_did_change_configuration(again)
        assert (await options(opened))["tokens_max"] == 64
        assert len(opened.client.messages) == 1


async def test_suggestions_while_typing_can_be_turned_off_and_asked_for_by_hand() -> None:
    async with session({"inline": {"enabled": False}, "menu": {"enabled": False}}) as opened:
        opened.open("x = ")
        answer = await opened.ask_inline(0, 4)
        assert answer is not None
        assert answer.items == ()
        assert "holesmith.inline.enabled" in (await opened.explain())["reason"]
        assert (await opened.menu(0, 4)).items == ()
        assert "holesmith.menu.enabled" in (await opened.explain())["reason"]
        assert (await opened.inline(0, 4, invoked=True)).insert_text == "d(x)"


async def test_while_the_model_loads_the_menu_is_empty_at_once_and_says_so() -> None:
    async with session({"model": "never"}, ready=False) as opened:
        await opened.status_with(health="loading")
        opened.open("x = ")
        assert (await asyncio.wait_for(opened.menu(0, 4), 10)).items == ()
        assert (await opened.explain())["reason"] == "loading: loading the model"


async def test_what_is_typed_while_the_model_loads_is_completed_when_it_is_there() -> None:
    async with session({"model": "never"}, ready=False) as opened:
        await opened.status_with(health="loading")
        opened.open("x = ")
        overtaken = opened.ask_inline(0, 3)
        newest = opened.ask_inline(0, 4)
        assert await asyncio.wait_for(overtaken, 10) is None
        assert (await opened.explain())["reason"] == "loading: loading the model"
        opened.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(settings={"model": "next"})
        )
        answer = await asyncio.wait_for(newest, 10)
        assert answer is not None
        assert len(answer.items) == 1


async def test_what_was_edited_while_the_model_was_loaded_gets_no_older_text() -> None:
    async with session({"model": "never"}, ready=False) as opened:
        await opened.status_with(health="loading")
        opened.open("x = ")
        asked = opened.ask_inline(0, 4)
        assert (await opened.explain())["reason"] == "loading: loading the model"
        opened.edit((0, 4), (0, 4), "y")
        opened.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(settings={"model": "next"})
        )
        assert await asyncio.wait_for(asked, 10) is None


async def test_a_load_shows_progress_that_ends() -> None:
    async with session() as opened:
        opened.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(settings={"model": "next"})
        )
        await opened.status_with(health="ready", model="next")
        await opened.request("holesmith/status")  # whatever was sent before has arrived
        for reports in opened.client.progress_reports.values():
            kinds = [type(report) for report in reports]
            assert not kinds or (kinds[0], kinds[-1]) == (
                types.WorkDoneProgressBegin,
                types.WorkDoneProgressEnd,
            )
        assert len(opened.client.progress_reports) == 2


async def test_a_long_load_shows_where_it_is() -> None:
    async with session({"model": "never"}, ready=False) as opened:
        async with asyncio.timeout(10):
            while not any(opened.client.progress_reports.values()):
                await opened.request("holesmith/status")
        ((begin,),) = opened.client.progress_reports.values()
        assert isinstance(begin, types.WorkDoneProgressBegin)
        assert (begin.title, begin.message, begin.percentage) == ("Holesmith", "loading the model", 0)


async def test_no_progress_for_clients_that_cannot_show_it() -> None:
    async with session(offers=capabilities(progress=False)) as opened:
        assert opened.client.progress_reports == {}


async def test_a_model_that_cannot_be_loaded_is_said_once_and_the_server_lives_on() -> None:
    async with session({"model": "broken"}, ready=False) as opened:
        status = await opened.status_with(health="error")
        assert "holesmith model list" in status["message"]
        (message,) = opened.client.messages
        assert message.type == types.MessageType.Error
        assert "no such model 'broken'" in message.message
        opened.open("x = ")
        answer = await opened.ask_inline(0, 4)
        assert answer is not None
        assert answer.items == ()
        assert "no such model" in (await opened.explain())["reason"]
        change = types.DidChangeConfigurationParams(settings={"model": "good"})
        opened.client.workspace_did_change_configuration(change)
        await opened.status_with(health="ready", model="good")


async def test_a_defect_in_loading_is_in_the_status() -> None:
    async with session({"model": "defect"}, ready=False) as opened:
        status = await opened.status_with(health="error")
        assert status["message"] == "the model could not be loaded: RuntimeError: load is defect"
        opened.open("x = ")
        answer = await opened.ask_inline(0, 4)
        assert answer is not None
        assert answer.items == ()


@pytest.mark.parametrize("count", [1, 3])
async def test_workspace_folders_come_and_go(count: int) -> None:
    async with session(folders=("file:///shop",)) as opened:
        added = [types.WorkspaceFolder(f"file:///shop/inner{n}", "inner") for n in range(count)]
        removed = [types.WorkspaceFolder("file:///shop", "work")]
        event = types.WorkspaceFoldersChangeEvent(added=added, removed=removed)
        opened.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        for uri, folder in {
            "file:///shop/a.py": None,
            "file:///shop/inner0/a.py": "/shop/inner0",
        }.items():
            opened.open("x = ", uri)
            await opened.inline(0, 4, uri)
            assert (await opened.asked())["workspace"] == folder


async def test_a_message_has_no_links_and_hides_nothing() -> None:
    """Some clients make links, also to commands, of what is in brackets."""
    options = {"model": "never", "[look](command:run)\u202e\x1b": 1}
    async with raw_client(initialize=False) as client:
        params = {"processId": None, "capabilities": {}, "initializationOptions": options}
        client.send(id=1, method="initialize", params=params)
        shown = (await client.notification("window/showMessage"))["message"]
        assert "[look] (command:run)\\u202e\\x1b is not a setting" in shown
        client.send(method="initialized", params={})
        status = (await client.request(2, "holesmith/status"))["result"]
        assert not set("\u202e\x1b") & set(str(status["settings_problems"][0]))
