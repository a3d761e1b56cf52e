-- Defines `:Holesmith`, and takes part in each buffer that the server is attached to. Starts nothing by itself.
if vim.g.loaded_holesmith then
  return
end
vim.g.loaded_holesmith = true

vim.api.nvim_create_user_command('Holesmith', function(arguments)
  require('holesmith.command').run(arguments)
end, {
  nargs = '?',
  desc = 'The Holesmith language server: status, explain, prompt, doctor, toggle, restart, log',
  complete = function(lead)
    return require('holesmith.command').complete(lead)
  end,
})

vim.api.nvim_set_hl(0, 'HolesmithGhost', { default = true, link = 'NonText' })
vim.api.nvim_set_hl(0, 'HolesmithCount', { default = true, link = 'MoreMsg' })

vim.api.nvim_create_autocmd('LspAttach', {
  group = vim.api.nvim_create_augroup('holesmith', {}),
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'holesmith' then
      require('holesmith.server').add_folder(client, event.buf)
      require('holesmith').attach(event.buf)
    end
  end,
})
