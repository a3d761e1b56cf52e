-- `:checkhealth holesmith`.
local server = require('holesmith.server')
local M = {}

local function check_editor()
  if vim.lsp.inline_completion then
    vim.health.ok('Neovim shows inline completions itself')
  elseif vim.lsp.config then
    vim.health.ok("Neovim 0.11: the plugin's own ghost text is used")
  else
    vim.health.error('Neovim 0.11 or newer is needed')
  end
end

local function check_program()
  local program = server.program()
  if not program then
    vim.health.error("the program 'holesmith' was not found", { 'install it, or set cmd: :help holesmith-server' })
    return
  end
  local result = vim.system({ program, '--version' }, vim.tbl_extend('error', server.surroundings(), { text = true, timeout = 10000 })):wait()
  if result.code == 0 then
    vim.health.ok(('%s: %s'):format(program, vim.trim(result.stdout)))
  else
    vim.health.error(('%s does not run: %s'):format(program, vim.trim(result.stderr or '')))
  end
end

--- What the server says of itself now, or said last if it does not answer.
local function status_of(client)
  local answer = client and client:request_sync('holesmith/status', nil, 3000)
  return answer and answer.result or server.status
end

local function check_client(status)
  if not vim.lsp.is_enabled('holesmith') then
    vim.health.warn('the server is not enabled', { "vim.lsp.enable('holesmith')" })
  elseif not server.client() then
    vim.health.info('the server does not run: no buffer of a language it knows is open')
  else
    local process = status and status.process_id
    vim.health.ok(process and ('the server runs, process %d'):format(process) or 'the server runs, but does not answer')
  end
end

local function check_model(status)
  if not status then
    return
  elseif status.health == 'error' then
    vim.health.error(status.message, { ':Holesmith doctor says more' })
  elseif status.health ~= 'ready' then
    vim.health.info(status.message)
  else
    vim.health.ok(status.message)
  end
  for _, line in ipairs({ status.environment or vim.NIL, status.activity or vim.NIL }) do
    if line ~= vim.NIL then
      vim.health.info(line)
    end
  end
  if type(status.index_failure) == 'string' then
    vim.health.warn(status.index_failure)
  end
  for _, problem in ipairs(status.settings_problems or {}) do
    vim.health.warn(problem)
  end
  if type(status.last_failure) == 'string' then
    vim.health.warn('a defect of the server: ' .. status.last_failure, { ':Holesmith log says more' })
  end
end

function M.check()
  vim.health.start('holesmith')
  check_editor()
  check_program()
  local status = status_of(server.client())
  check_client(status)
  check_model(status)
end

return M
