"""What the client tells about files reaches the service, and breaks nothing."""

from lsprotocol import types

from tests.e2e.client import capabilities, session

FOLDERS = ("file:///shop",)


async def test_opened_saved_and_changed_files_reach_the_service() -> None:
    offers = capabilities()
    assert offers.workspace is not None
    watched = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    offers.workspace.did_change_watched_files = watched
    async with session(offers=offers, folders=FOLDERS) as opened:
        sync = opened.result.capabilities.text_document_sync
        assert isinstance(sync, types.TextDocumentSyncOptions)
        assert sync.save
        opened.open("x", "file:///shop/inner/a.py")
        await opened.status_with(message="opened /shop/inner/a.py in /shop")
        saved = types.TextDocumentIdentifier("file:///shop/inner/a.py")
        opened.client.text_document_did_save(types.DidSaveTextDocumentParams(saved))
        await opened.status_with(message="changed /shop/inner/a.py")
        changes = [
            types.FileEvent("file:///shop/b.py", types.FileChangeType.Deleted),
            types.FileEvent("untitled:c", types.FileChangeType.Created),
        ]
        opened.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))
        await opened.status_with(message="changed /shop/b.py")


async def test_documents_opened_before_the_service_started_are_got_ready_for() -> None:
    async with session({"model": "never"}, folders=FOLDERS, ready=False) as opened:
        opened.open("x", "file:///shop/a.py")
        await opened.status_with(message="opened /shop/a.py in /shop")


async def test_a_failure_to_get_ready_does_not_end_the_loading_of_the_model() -> None:
    async with session({"model": "never"}, folders=FOLDERS, ready=False) as opened:
        await opened.status_with(health="loading")
        opened.open("unreadable", "file:///shop/a.py")
        status = await opened.status_with(last_failure="RuntimeError: the index is broken")
        assert status["health"] == "loading"
