-- What a user calls: setup, and the functions that keys are mapped to.
local server = require('holesmith.server')
local suggestion = require('holesmith.suggestion')
local M = {}

---@class holesmith.Options
---@field ghost? 'auto'|'builtin'|'own' whose ghost text: Neovim's where it has one, or this plugin's
---@field keys? table<string, string|false> keys in insert mode, by the name of a function below; false for none
local options = {
  ghost = 'auto',
  keys = {
    accept = '<M-y>', accept_word = '<M-w>', accept_line = '<M-l>',
    next = '<M-n>', previous = '<M-p>', dismiss = '<M-e>', trigger = '<M-i>',
  },
}
local is_on = true

local function surface()
  local has_builtin = vim.lsp.inline_completion ~= nil
  local own = options.ghost == 'own' or not has_builtin
  return require(own and 'holesmith.ghost' or 'holesmith.builtin')
end

---@param given? holesmith.Options
function M.setup(given)
  options = vim.tbl_deep_extend('force', options, given or {})
  vim.validate('holesmith.ghost', options.ghost, function(ghost)
    return vim.tbl_contains({ 'auto', 'builtin', 'own' }, ghost)
  end, "'auto', 'builtin' or 'own'")
  for name in pairs(options.keys) do
    assert(type(M[name]) == 'function', ("holesmith: keys.%s is no function of the plugin's"):format(name))
  end
end

function M.accept() return surface().accept(suggestion.whole) end
function M.accept_word() return surface().accept(suggestion.word) end
function M.accept_line() return surface().accept(suggestion.line) end
function M.next() return surface().is_visible() and (surface().cycle(1) or true) end
function M.previous() return surface().is_visible() and (surface().cycle(-1) or true) end
function M.dismiss() return surface().is_visible() and surface().dismiss() end
function M.trigger() surface().trigger() return true end
function M.is_visible() return surface().is_visible() end
function M.is_on() return is_on end

--- What a key did before it was mapped: another mapping of it, or the key itself.
local function otherwise(key)
  for _, mapping in ipairs(vim.api.nvim_get_keymap('i')) do
    if vim.keycode(mapping.lhs) == vim.keycode(key) then
      if mapping.expr ~= 1 then
        return mapping.callback and (vim.schedule(mapping.callback) or '') or vim.keycode(mapping.rhs)
      end
      local keys = mapping.callback and mapping.callback() or vim.api.nvim_eval(mapping.rhs)
      return mapping.replace_keycodes == 1 and vim.keycode(keys or '') or keys
    end
  end
  return vim.keycode(key)
end

--- Maps `key` in insert mode so that it does its old work when there is no suggestion.
local function map(name, key, buf)
  vim.keymap.set('i', key, function()
    return M[name]() and '' or otherwise(key)
  end, { buffer = buf, expr = true, replace_keycodes = false, desc = 'Holesmith: ' .. name:gsub('_', ' ') })
end

--- Called for each buffer that the server is attached to.
function M.attach(buf)
  surface().enable(buf, is_on)
  for name, key in pairs(options.keys) do
    if key then
      map(name, key, buf)
    end
  end
end

--- Suggestions while typing, on or off, in all buffers. Keys and the server stay.
function M.toggle(to)
  is_on = to == nil and not is_on or to == true
  for _, client in ipairs(vim.lsp.get_clients({ name = 'holesmith' })) do
    for buf in pairs(client.attached_buffers) do
      surface().enable(buf, is_on)
    end
  end
  vim.cmd.redrawstatus({ bang = true })
end

--- What the server is at, as plain text; empty where it does not run for the current buffer.
function M.status()
  local client = vim.lsp.get_clients({ name = 'holesmith', bufnr = 0 })[1]
  if not client then
    return ''
  end
  local status = server.status or { health = 'starting' }
  local activity = type(status.activity) == 'string' and (' (%s)'):format(status.activity) or ''
  local words = {
    ready = ('%s on %s%s'):format(status.model, status.device, activity),
    loading = ('loading %s'):format(type(status.progress) == 'number' and ('%d%%'):format(status.progress * 100) or ''),
    error = 'error, see :Holesmith status',
  }
  return 'Holesmith: ' .. (is_on and vim.trim(words[status.health] or status.health) or 'off')
end

--- The same for a 'statusline' that evaluates it again (`%{%…%}`): every `%` is doubled, so that none means anything.
function M.statusline()
  return (M.status():gsub('%%', '%%%%'))
end

return M
