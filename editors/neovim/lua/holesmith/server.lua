-- The server's process: where its program is, its root, its status, and what happens when it dies.
local M = {}

local NAME = 'holesmith'
local REVIVALS_MAX, REVIVALS_MS = 3, 180000

M.status = nil ---@type table? the last `holesmith/status`
local revivals = {} ---@type integer[] when the server was started again after it had died
local complained = false
local stopped = {} ---@type table<integer, true> clients that the user had stopped

--- The program: on PATH, in the active virtual environment, or in the checkout this plugin is a part of.
---@return string?
function M.program()
  local here = debug.getinfo(1, 'S').source:sub(2)
  local checkout = vim.fs.dirname(vim.fn.resolve(here)) .. '/../../../../.venv/bin/holesmith'
  local active = (vim.env.VIRTUAL_ENV or '') .. '/bin/holesmith'
  for _, candidate in ipairs({ 'holesmith', active, checkout }) do
    if vim.fn.executable(candidate) == 1 then
      return vim.fn.exepath(candidate)
    end
  end
end

---@return vim.lsp.Client?
function M.client()
  return vim.lsp.get_clients({ name = NAME })[1]
end

function M.start(dispatchers, config)
  return vim.lsp.rpc.start({ M.program(), 'lsp' }, dispatchers, { cwd = config.root_dir })
end

local function root_of(buf)
  return vim.fs.root(buf, vim.lsp.config[NAME].root_markers) or vim.fs.dirname(vim.api.nvim_buf_get_name(buf))
end

--- Says once that the program is missing, and then starts nothing.
function M.find_root(buf, on_root)
  local config = vim.lsp.config[NAME]
  if config.cmd == M.start and not M.program() then
    if not complained then
      complained = true
      M.say("the program 'holesmith' is not on PATH; install it, or see :help holesmith-server", vim.log.levels.ERROR)
    end
    return
  end
  on_root(root_of(buf))
end

--- One server, and so one model in memory, for all folders.
function M.reuse(client, config)
  return client.name == config.name and not client:is_stopped()
end

--- Tells the server of the folder around a buffer, unless it knows it.
function M.add_folder(client, buf)
  local root = root_of(buf)
  local folder = { uri = vim.uri_from_fname(root), name = root }
  local folders = client.workspace_folders or {}
  if not vim.iter(folders):any(function(known) return known.uri == folder.uri end) then
    client.workspace_folders = vim.list_extend({ folder }, folders)
    client:notify('workspace/didChangeWorkspaceFolders', { event = { added = { folder }, removed = {} } })
  end
end

function M.remember_status(_, status)
  M.status = status
  vim.api.nvim_exec_autocmds('User', { pattern = 'HolesmithStatus', data = status })
  vim.cmd.redrawstatus({ bang = true })
end

--- Starts a server that died by itself again, a few times; then it is the user's turn.
function M.mourn(code, signal, client_id)
  M.status = nil
  if (code == 0 and signal == 0) or stopped[client_id] or vim.v.exiting ~= vim.NIL then
    return
  end
  vim.schedule(function()
    local now = vim.uv.now()
    revivals = vim.tbl_filter(function(time) return now - time < REVIVALS_MS end, revivals)
    local why = signal ~= 0 and ('signal %d'):format(signal) or ('exit code %d'):format(code)
    if #revivals >= REVIVALS_MAX then
      M.say(('the server ended again (%s); see :Holesmith log, then :Holesmith restart'):format(why), vim.log.levels.ERROR)
      return
    end
    table.insert(revivals, now)
    M.say(('the server ended (%s) and is started again'):format(why), vim.log.levels.WARN)
    vim.lsp.enable(NAME)
  end)
end

--- Stops the server if it runs, and starts it for all buffers that are its.
function M.restart()
  local clients = vim.lsp.get_clients({ name = NAME })
  for _, client in ipairs(clients) do
    stopped[client.id] = true
    client:stop(true)
  end
  revivals, complained = {}, false
  local function start_when_gone(tries)
    if tries > 0 and #vim.lsp.get_clients({ name = NAME }) > 0 then
      vim.defer_fn(function() start_when_gone(tries - 1) end, 50)
    else
      vim.lsp.enable(NAME)
    end
  end
  start_when_gone(100)
end

function M.say(text, level)
  vim.notify('Holesmith: ' .. text, level or vim.log.levels.INFO)
end

return M
