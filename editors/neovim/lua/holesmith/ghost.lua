-- Ghost text of our own, for Neovim without `vim.lsp.inline_completion`.
--
-- What is typed and agrees with what is shown keeps it on the screen; a request that is overtaken is cancelled.
local suggestion = require('holesmith.suggestion')
local M = {}

local METHOD = 'textDocument/inlineCompletion'
local INVOKED, AUTOMATIC = 1, 2
local DEBOUNCE_MS = 30 -- the server adapts the rest of the pause to the user
local namespace = vim.api.nvim_create_namespace('holesmith')

local shown = nil ---@type { buf: integer, items: holesmith.Suggestion[], index: integer }?
local pending = nil ---@type { client: vim.lsp.Client, id: integer }?
local timer = vim.uv.new_timer()

local function cursor()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  return row - 1, column, vim.api.nvim_get_current_line()
end

local function is_inserting()
  return vim.startswith(vim.api.nvim_get_mode().mode, 'i')
end

--- The item shown, as far as it is not typed yet.
---@return holesmith.Suggestion?
local function current()
  if not shown or shown.buf ~= vim.api.nvim_get_current_buf() or not is_inserting() then
    return nil
  end
  return suggestion.advance(shown.items[shown.index], cursor())
end

local function draw()
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
  local item = current()
  if not item then
    shown = nil
    return
  end
  local lines = vim.split(item.text, '\n')
  local below = vim.tbl_map(function(line) return { { line, 'HolesmithGhost' } } end, vim.list_slice(lines, 2))
  local count = #shown.items > 1 and { (' (%d/%d)'):format(shown.index, #shown.items), 'HolesmithCount' } or { '', 'HolesmithCount' }
  vim.api.nvim_buf_set_extmark(0, namespace, item.row, item.start, {
    virt_text = { { lines[1], 'HolesmithGhost' }, count },
    virt_text_pos = item.stop > item.start and 'overlay' or 'inline',
    virt_lines = #below > 0 and below or nil,
    hl_mode = 'combine',
  })
end

local function read(item, client, row, column, line)
  local start, stop = column, column
  if item.range then
    local function byte(position) return vim.str_byteindex(line, client.offset_encoding, position.character, false) end
    start, stop = byte(item.range.start), byte(item.range['end'])
  end
  return {
    text = suggestion.without_returns(item.insertText), row = row, start = start, stop = stop,
    over = line:sub(start + 1, stop), tail = line:sub(stop + 1), command = item.command,
  }
end

local function cancel()
  timer:stop()
  if pending then
    pending.client:cancel_request(pending.id)
    pending = nil
  end
end

---@param kind integer
---@param step? integer which of several to show: 1 the second, -1 the last; none the first
local function request(kind, step)
  local buf, row, column, line = vim.api.nvim_get_current_buf(), cursor()
  local client = vim.lsp.get_clients({ name = 'holesmith', bufnr = buf, method = METHOD })[1]
  if not client or not is_inserting() then
    return
  end
  cancel()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  params.formattingOptions = {
    tabSize = vim.lsp.util.get_effective_tabstop(buf), insertSpaces = vim.bo[buf].expandtab,
  }
  local mine = { client = client }
  local sent, id = client:request(METHOD, params, function(error, answer)
    if pending ~= mine then
      return
    end
    pending = nil
    if error or not answer then
      return
    end
    local items = vim.tbl_map(function(item) return read(item, client, row, column, line) end, answer.items or answer)
    shown = #items > 0 and { buf = buf, items = items, index = (step or 0) % #items + 1 } or nil
    if vim.api.nvim_get_current_buf() == buf then
      draw()
    end
  end, buf)
  mine.id = id
  pending = sent and mine or nil
end

local function insert(item, text)
  local lines = vim.split(text, '\n')
  suggestion.break_undo()
  vim.api.nvim_buf_set_text(0, item.row, item.start, item.row, item.stop, lines)
  suggestion.break_undo()
  local row = item.row + #lines - 1
  local column = #lines[#lines] + (#lines == 1 and item.start or 0)
  vim.api.nvim_win_set_cursor(0, { row + 1, column })
  return row, column
end

--- Takes as much of the suggestion as `cut` leaves; the rest stays on the screen.
---@param cut fun(text: string): string
---@return boolean whether there was one
function M.accept(cut)
  local item = current()
  if not item then
    return false
  end
  local part = cut(item.text)
  vim.schedule(function() -- an <expr> mapping may not change text
    cancel()
    if part == item.text then
      M.dismiss()
      insert(item, part)
      if item.command then
        vim.lsp.get_clients({ name = 'holesmith' })[1]:exec_cmd(item.command, { bufnr = vim.api.nvim_get_current_buf() })
      end
      return
    end
    local kept = item.stop - item.start
    local row, column = insert(vim.tbl_extend('force', item, { stop = item.start }), part)
    local rest = { text = item.text:sub(#part + 1), row = row, start = column, stop = column + kept, over = item.over, tail = item.tail, command = item.command }
    shown = { buf = vim.api.nvim_get_current_buf(), items = { rest }, index = 1 }
    draw()
  end)
  return true
end

--- While typing one suggestion is made; others when they are asked for.
function M.cycle(step)
  if current() and #shown.items == 1 then
    request(INVOKED, step)
  elseif current() then
    shown.index = (shown.index - 1 + step) % #shown.items + 1
    draw()
  end
end

---@return boolean whether there was anything to take away
function M.dismiss()
  local was_shown = current() ~= nil
  cancel()
  shown = nil
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
  return was_shown
end

function M.is_visible()
  return current() ~= nil
end

function M.trigger()
  request(INVOKED)
end

function M.enable(buf, is_on)
  local group = vim.api.nvim_create_augroup('holesmith.ghost.' .. buf, { clear = true })
  if not is_on then
    M.dismiss()
    return
  end
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, {
    group = group,
    buffer = buf,
    callback = function()
      draw()
      timer:start(DEBOUNCE_MS, 0, vim.schedule_wrap(function() request(AUTOMATIC) end))
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, { group = group, buffer = buf, callback = M.dismiss })
end

return M
