-- A page of the server's in a window of its own: sections are folds, and links open a file at a line. The text is the
-- server's and was made visible there; nothing in it is a command, a pattern or a file name to be expanded.
local M = {}

local FILETYPE = 'holesmith'
local namespace = vim.api.nvim_create_namespace('holesmith.page')

local function window_of(buf)
  return vim.iter(vim.api.nvim_tabpage_list_wins(0)):find(function(win)
    return vim.api.nvim_win_get_buf(win) == buf
  end)
end

--- The window for a page: that of the page shown before, or a new one.
local function open_window()
  local shown = vim.iter(vim.api.nvim_tabpage_list_wins(0)):find(function(win)
    return vim.bo[vim.api.nvim_win_get_buf(win)].filetype == FILETYPE
  end)
  if shown then
    vim.api.nvim_set_current_win(shown)
  else
    vim.cmd('botright new')
  end
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = 'wipe'
  vim.api.nvim_win_set_buf(0, buf)
  return buf
end

--- Goes to the file of a link, in the window that it shows already or the one that was used before.
local function follow(link)
  local buf = vim.fn.bufadd(link.path)
  vim.bo[buf].buflisted = true
  local win = window_of(buf)
  if win then
    vim.api.nvim_set_current_win(win)
  else
    vim.cmd('wincmd p')
    if vim.bo.filetype == FILETYPE or vim.bo.buftype ~= '' or not pcall(vim.api.nvim_set_current_buf, buf) then
      vim.cmd('aboveleft split')
      vim.api.nvim_set_current_buf(buf)
    end
  end
  vim.api.nvim_win_set_cursor(0, { math.max(1, math.min(link.line, vim.api.nvim_buf_line_count(buf))), 0 })
  vim.cmd('normal! zv')
end

--- The link under the cursor, or the first one of its line.
local function link_at_cursor(links)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local line, first = vim.api.nvim_get_current_line(), nil
  for _, link in ipairs(links) do
    if link.row == row then
      local start, stop = line:find(link.text, 1, true)
      if start and start <= column + 1 and column + 1 <= stop then
        return link
      end
      first = first or link
    end
  end
  return first
end

local function highlight(buf, page)
  for _, fold in ipairs(page.folds) do
    vim.api.nvim_buf_set_extmark(buf, namespace, fold.first - 1, 0, { line_hl_group = 'Title' })
  end
  for _, link in ipairs(page.links) do
    local start, stop = page.lines[link.row]:find(link.text, 1, true)
    if start then
      vim.api.nvim_buf_set_extmark(buf, namespace, link.row - 1, start - 1, { end_col = stop, hl_group = 'Underlined' })
    end
  end
end

local function fold(folds)
  local window = vim.wo[0][0]
  window.foldmethod, window.foldenable, window.foldtext = 'manual', true, ''
  window.fillchars, window.foldcolumn = 'fold: ', '1'
  window.wrap, window.linebreak, window.breakindent = true, true, true
  window.number, window.relativenumber, window.list, window.spell = false, false, false, false
  for _, range in ipairs(folds) do
    vim.cmd(('%d,%dfold'):format(range.first, range.last))
    if range.is_open then
      vim.cmd(('%dfoldopen'):format(range.first))
    end
  end
end

---@class holesmith.Page
---@field lines string[]
---@field folds { first: integer, last: integer, is_open: boolean }[]
---@field links { row: integer, text: string, path: string, line: integer }[]

--- Shows a page. `q` closes it, Enter and `gf` follow a link, Tab and Enter open and close a section.
---@param name string
---@param page holesmith.Page
function M.open(name, page)
  local buf = open_window()
  pcall(vim.api.nvim_buf_set_name, buf, 'holesmith://' .. name)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, page.lines)
  vim.bo[buf].modifiable, vim.bo[buf].filetype = false, FILETYPE
  highlight(buf, page)
  fold(page.folds)
  local function go()
    local link = link_at_cursor(page.links)
    if link then
      follow(link)
    else
      pcall(vim.cmd, 'normal! za')
    end
  end
  for key, action in pairs({ ['<CR>'] = go, gf = go, q = '<Cmd>close<CR>', ['<Tab>'] = 'za' }) do
    vim.keymap.set('n', key, action, { buffer = buf, nowait = true, desc = 'Holesmith' })
  end
end

return M
