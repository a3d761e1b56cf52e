-- A suggestion as plain data, and what is left of it while the user types on. Columns are bytes from 0.
local M = {}

---@class holesmith.Suggestion
---@field text string what replaces [start, stop) of the line
---@field row integer
---@field start integer
---@field stop integer
---@field over string what stood in [start, stop) when the suggestion was asked for
---@field tail string what stood behind `stop` then
---@field command? lsp.Command what the server wants to be told when the suggestion is taken

--- Text for a buffer, whose lines have no ends of their own: 'fileformat' says which ones are written.
function M.without_returns(text)
  return (text:gsub('\r\n?', '\n'))
end

--- Whether `over` may be replaced by what is left of a suggestion that was to replace `before`: it is the same, an
--- editor has closed brackets or quotes in front of it, or the first of them are typed over.
local function is_same_over(over, before)
  return vim.endswith(before, over)
    or (vim.endswith(over, before) and over:sub(1, #over - #before):match('^[%)%]}\'"`]+$') ~= nil)
end

--- The suggestion for a line as it is now: nil when it no longer fits.
---@param suggestion holesmith.Suggestion
---@param row integer
---@param column integer the cursor's
---@param line string the cursor's
---@return holesmith.Suggestion?
function M.advance(suggestion, row, column, line)
  local stop = #line - #suggestion.tail
  if row ~= suggestion.row or column < suggestion.start or stop < column then
    return nil
  end
  local typed, over = line:sub(suggestion.start + 1, column), line:sub(column + 1, stop)
  if line:sub(stop + 1) ~= suggestion.tail or not vim.startswith(suggestion.text, typed) then
    return nil
  end
  if not is_same_over(over, suggestion.over) then
    return nil
  end
  local rest = suggestion.text:sub(#typed + 1)
  return rest ~= ''
      and vim.tbl_extend('force', suggestion, { text = rest, start = column, stop = stop, over = over })
    or nil
end

--- Ends what one `u` takes back: called before and after a suggestion is inserted, so that it is taken back alone.
--- To set the option does that, also to the value that it has.
function M.break_undo()
  vim.bo.undolevels = vim.bo.undolevels
end

--- The first word with the blanks before it, or a run of other characters.
function M.word(text)
  return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%w_%s\128-\255]+') or text
end

--- Up to the end of the first line that has something on it.
function M.line(text)
  return text:match('^%s*[^\n]+') or text
end

function M.whole(text)
  return text
end

return M
