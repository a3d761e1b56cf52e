-- The subcommands of `:Holesmith`.
local server = require('holesmith.server')
local M = {}

local function ask(method, show)
  local client = server.client()
  if not client then
    server.say('the server does not run; see :checkhealth holesmith', vim.log.levels.WARN)
    return
  end
  client:request(method, nil, function(error, answer)
    if error then
      server.say(error.message, vim.log.levels.ERROR)
    else
      show(answer ~= vim.NIL and answer or nil)
    end
  end)
end

local function open_scratch(title, lines)
  vim.cmd('botright new')
  local buf = vim.api.nvim_get_current_buf()
  vim.bo[buf].buftype, vim.bo[buf].bufhidden, vim.bo[buf].swapfile = 'nofile', 'wipe', false
  pcall(vim.api.nvim_buf_set_name, buf, 'holesmith://' .. title)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buf })
end

--- Any JSON value as indented lines, scalars beside their names.
local function in_lines(value, indent, lines)
  local names = vim.tbl_keys(value)
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local entry = value[name]
    local label = type(name) == 'number' and '-' or name .. ':'
    if type(entry) == 'table' then
      table.insert(lines, indent .. label)
      in_lines(entry, indent .. '  ', lines)
    else
      local shown = entry == vim.NIL and '-' or tostring(entry)
      for index, line in ipairs(vim.split(shown, '\n')) do
        table.insert(lines, indent .. (index == 1 and label .. ' ' or ('  ')) .. line)
      end
    end
  end
  return lines
end

function M.status()
  ask('holesmith/status', function(status)
    open_scratch('status', in_lines(status, '', {}))
  end)
end

local function explanation(show)
  ask('holesmith/explain', function(answer)
    if answer then
      show(answer)
    else
      server.say('nothing was asked for yet')
    end
  end)
end

function M.explain()
  explanation(function(answer)
    answer.prompt = nil
    open_scratch('explain', in_lines(answer, '', {}))
  end)
end

function M.prompt()
  explanation(function(answer)
    local shown = answer.prompt ~= '' and answer.prompt or ('(the model was not asked: %s)'):format(answer.reason)
    open_scratch('prompt', vim.split(shown, '\n'))
  end)
end

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
