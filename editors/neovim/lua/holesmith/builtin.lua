-- The same functions as `holesmith.ghost`, on Neovim's own `vim.lsp.inline_completion`.
--
-- It shows and requests; this adds what it lacks: parts of a suggestion, asking by hand, and never to take a
-- suggestion that what was typed since does not agree with. The state it needs for that is not public in Neovim 0.12:
-- where a later version keeps it elsewhere, asking by hand is left to the editor's own pace.
local suggestion = require('holesmith.suggestion')
local M = {}

local INVOKED, AUTOMATIC = 1, 2
local METHOD = 'textDocument/inlineCompletion'
local namespace = vim.api.nvim_create_namespace('nvim.lsp.inline_completion')
local asked = {} ---@type table<string, string> the line of each request in flight, by its client and number
local answered = nil ---@type string? the line of the request whose suggestions are there
local step_wanted = nil ---@type integer? how far to go on when more suggestions come

local function completor(buf)
  local found, capability = pcall(require, 'vim.lsp._capability')
  local all = found and capability.all and capability.all.inline_completion
  return all and all.active and all.active[buf or vim.api.nvim_get_current_buf()] or nil
end

local function key_of(client_id, request_id)
  return ('%d/%d'):format(client_id, request_id)
end

vim.api.nvim_create_autocmd('LspRequest', {
  group = vim.api.nvim_create_augroup('holesmith.builtin', {}),
  callback = function(event)
    local request = event.data.request
    local key = key_of(event.data.client_id, event.data.request_id)
    if request.method ~= METHOD then
      return
    elseif request.type == 'pending' then
      asked[key] = vim.api.nvim_get_current_line()
    else
      if request.type == 'complete' and not completor() then -- else the answer's handler knows better
        answered = asked[key] or answered
      end
      vim.schedule(function() asked[key] = nil end) -- behind the answer's handler, which is scheduled by now
    end
  end,
})

--- Neovim 0.12.4 fails on an answer that comes when its buffer is closed or its server gone: such an answer is dropped.
--- It also takes a carriage return of a DOS file's text for a part of the line.
local function mend_answers(buf)
  local own = completor(buf)
  local handler = own and not rawget(own, 'handler') and own.handler
  if handler then
    own.handler = function(self, error, answer, context)
      if self.client_state[context.client_id] then
        if type(answer) == 'table' then -- without one, those that are there stay
          answered = asked[key_of(context.client_id, context.request_id)]
        end
        for _, item in ipairs(type(answer) == 'table' and (answer.items or answer) or {}) do
          if type(item.insertText) == 'string' then
            item.insertText = suggestion.without_returns(item.insertText)
          end
        end
        handler(self, error, answer, context)
        if step_wanted and self:count_items() > 1 then
          vim.lsp.inline_completion.select({ count = step_wanted })
        end
        step_wanted = nil
      end
    end
  end
end

local function request(kind)
  local own = completor()
  if own and own.request then
    own:request(kind)
  else
    vim.api.nvim_exec_autocmds('CursorMovedI', { buffer = 0 })
  end
end

--- What is left of Neovim's item; nil when it does not fit the line any more.
local function advance(item)
  if type(item.insert_text) ~= 'string' or not item.range or not answered then
    return nil
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local range = item.range
  return suggestion.advance({
    text = item.insert_text, row = range.start_row, start = range.start_col, stop = range.end_col,
    over = answered:sub(range.start_col + 1, range.end_col), tail = answered:sub(range.end_col + 1),
  }, row - 1, column, vim.api.nvim_get_current_line())
end

function M.is_visible()
  local own = completor()
  if own and (not own.current or not advance(own.current)) then
    return false
  end
  return #vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { limit = 1 }) > 0
end

function M.accept(cut)
  if not M.is_visible() then
    return false
  end
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local rest = advance(item)
      if not rest then
        return nil
      end
      local part = cut(rest.text)
      local is_whole = part == rest.text
      suggestion.break_undo()
      vim.schedule(suggestion.break_undo)
      item.insert_text = part
      item.range = vim.range.extmark(item.range.buf, rest.row, rest.start, rest.row, is_whole and rest.stop or rest.start)
      if not is_whole then
        item.command = nil -- the suggestion is taken when its end is
        vim.schedule(function() request(AUTOMATIC) end)
      end
      return item
    end,
  })
end

--- While typing one suggestion is made; others when they are asked for.
function M.cycle(step)
  local own = completor()
  if own and own.count_items and own:count_items() == 1 then
    step_wanted = step
    request(INVOKED)
  else
    vim.lsp.inline_completion.select({ count = step })
  end
end

function M.dismiss()
  return vim.lsp.inline_completion.get({ on_accept = function() end })
end

function M.trigger()
  request(INVOKED)
end

function M.enable(buf, is_on)
  vim.lsp.inline_completion.enable(is_on, { bufnr = buf })
  mend_answers(buf)
  vim.api.nvim_create_autocmd({ 'CursorMovedI', 'TextChangedP' }, {
    group = vim.api.nvim_create_augroup('holesmith.builtin.' .. buf, { clear = true }),
    buffer = buf,
    callback = function()
      if not M.is_visible() then -- typed past: Neovim would show it until the next answer
        vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
      end
    end,
  })
end

return M
