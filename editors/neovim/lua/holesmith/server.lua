-- The server's process: where its program is, its root, its status, and what happens when it dies. Nothing that is run
-- comes from a workspace.
local M = {}

local NAME = 'holesmith'
local REVIVALS_MAX, REVIVALS_MS = 3, 180000

M.status = nil ---@type table? the last `holesmith/status`
local revivals = {} ---@type integer[] when the server was started again after it had died
local complained = false
local stopped = {} ---@type table<integer, true> clients that the user had stopped

local function real(path)
  return vim.fs.normalize(vim.uv.fs_realpath(path) or path)
end

--- The folders whose files are not trusted: those of open buffers and of servers, and the project around the current one.
--- Not the home folder or one above it: what lies there is the user's own.
local function workspaces()
  local home, roots = real(vim.uv.os_homedir()), {}
  local function add(path)
    local folder = path and real(path)
    if folder and not vim.startswith(home .. '/', folder == '/' and '/' or folder .. '/') then
      table.insert(roots, folder)
    end
  end
  add(vim.fs.root(vim.uv.cwd(), vim.lsp.config[NAME].root_markers))
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(buf)
    if vim.bo[buf].buftype == '' and name ~= '' then
      add(vim.fs.root(buf, vim.lsp.config[NAME].root_markers) or vim.fs.dirname(name))
    end
  end
  return roots
end

--- The program: the first on PATH that does not lie in a workspace, or the one in the checkout this plugin is a part of.
---@return string?
function M.program()
  local roots = workspaces()
  local function is_foreign(path)
    return vim.iter({ vim.fs.normalize(path), real(vim.fs.dirname(path)) .. '/', real(path) }):any(function(place)
      return vim.iter(roots):any(function(root) return vim.startswith(place, root .. '/') end)
    end)
  end
  local is_windows = vim.fn.has('win32') == 1
  for _, folder in ipairs(vim.split(vim.env.PATH or '', is_windows and ';' or ':', { plain = true })) do
    local candidate = folder .. (is_windows and '/holesmith.exe' or '/holesmith')
    if vim.fn.isabsolutepath(folder) == 1 and vim.fn.executable(candidate) == 1 and not is_foreign(candidate) then
      return candidate
    end
  end
  local here = debug.getinfo(1, 'S').source:sub(2)
  local checkout = real(vim.fs.dirname(vim.fn.resolve(here)) .. '/../../../..') .. '/.venv/bin/holesmith'
  return vim.fn.executable(checkout) == 1 and checkout or nil
end

--- What a program of ours is started with: outside of the workspace, and nothing that tells Python what to import.
--- Neovim only adds variables to its own, and Python takes an empty one for none.
function M.surroundings()
  local env = { PYTHONPATH = '', PYTHONHOME = '' }
  for name in pairs(vim.fn.environ()) do
    if vim.startswith(name, 'PYTHON') then
      env[name] = ''
    end
  end
  return { cwd = vim.uv.os_homedir(), env = env }
end

---@return vim.lsp.Client?
function M.client()
  return vim.lsp.get_clients({ name = NAME })[1]
end

function M.start(dispatchers)
  return vim.lsp.rpc.start({ M.program(), 'lsp' }, dispatchers, M.surroundings())
end

---@return string the folder of the project that a buffer is a part of
function M.root_of(buf)
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
  on_root(M.root_of(buf))
end

--- One server, and so one model in memory, for all folders.
function M.reuse(client, config)
  return client.name == config.name and not client:is_stopped()
end

--- Tells the server of the folder around a buffer, unless it knows it.
function M.add_folder(client, buf)
  local root = M.root_of(buf)
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
