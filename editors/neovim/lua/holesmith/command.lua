-- The subcommands of `:Holesmith`.
local server = require('holesmith.server')
local M = {}

--- Asks the server for a page, about the current buffer's last suggestion if the server knows the buffer, and shows it.
local function show(page)
  local client = server.client()
  if not client then
    server.say('the server does not run; see :checkhealth holesmith', vim.log.levels.WARN)
    return
  end
  local buf = vim.api.nvim_get_current_buf()
  local about = client.attached_buffers[buf] and vim.lsp.util.make_text_document_params(buf) or nil
  client:request('holesmith/page', { page = page, format = 'text', textDocument = about }, function(error, answer)
    if error then
      server.say(error.message, vim.log.levels.ERROR)
    else
      require('holesmith.page').open(page, answer)
    end
  end)
end

function M.status() show('status') end
function M.explain() show('explanation') end
function M.prompt() show('prompt') end

function M.doctor()
  local program = server.program()
  if not program then
    server.say("the program 'holesmith' was not found", vim.log.levels.ERROR)
    return
  end
  local root = server.root_of(vim.api.nvim_get_current_buf())
  vim.cmd('botright new')
  vim.fn.jobstart({ program, 'doctor', root }, vim.tbl_extend('error', server.surroundings(), { term = true }))
end

function M.toggle()
  require('holesmith').toggle()
  server.say(require('holesmith').is_on() and 'suggestions while typing are on' or 'suggestions while typing are off')
end

M.restart = server.restart

--- Neovim's log holds what the server writes to its error stream, and what it says by `window/logMessage`.
function M.log()
  vim.cmd.split(vim.fn.fnameescape(vim.lsp.log.get_filename()))
  vim.cmd('normal! G')
end

function M.run(arguments)
  local subcommand = arguments.fargs[1] or 'status'
  if M[subcommand] and subcommand ~= 'run' and subcommand ~= 'complete' then
    M[subcommand]()
  else
    server.say(("'%s' is none of: %s"):format(subcommand, table.concat(M.complete(''), ', ')), vim.log.levels.ERROR)
  end
end

function M.complete(lead)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, { 'doctor', 'explain', 'log', 'prompt', 'restart', 'status', 'toggle' })
end

return M
