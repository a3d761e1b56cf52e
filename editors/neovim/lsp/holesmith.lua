-- The client configuration that `vim.lsp.enable('holesmith')` takes. Override any part of it with
-- `vim.lsp.config('holesmith', { … })`; see |holesmith-server|.
local server = require('holesmith.server')

---@type vim.lsp.Config
return {
  cmd = server.start,
  cmd_cwd = server.surroundings().cwd, -- these two for a cmd of the user's that is a list
  cmd_env = server.surroundings().env,
  filetypes = {
    'python', 'java', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact',
    'go', 'rust', 'c', 'cpp', 'cs',
  },
  root_dir = server.find_root,
  reuse_client = server.reuse,
  root_markers = { '.git', 'pyproject.toml', 'package.json', 'go.mod', 'Cargo.toml', 'pom.xml' },
  handlers = { ['holesmith/status'] = server.remember_status },
  on_exit = server.mourn,
}
