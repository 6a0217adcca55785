-- Writes auto_functionalized calls out: a clone of each tensor that the operator writes, then the operator itself, in place.
--
--   before   af = higher_order.auto_functionalized(mylib.bump.default, x = x, y = y)     after   clone = aten.clone(x)
--            new_x = af[1]                                                                       mylib.bump(clone, y)
--            aten.copy_(x, new_x)                                                                aten.copy_(x, clone)
--
-- This is what the call means, for torch too. Apply `reinplace` after it: it forwards the clones that nobody needs, here x itself is
-- written and the copy_ goes. The operator must be known, so declare it in a script before this one, by the schema that torch prints:
--
--   fx.operator("mylib::bump(Tensor(a!) x, Tensor y) -> ()")
--
-- auto_functionalized (v1) clones each argument that is written, auto_functionalized_v2 each of its bases and views them. Results: what
-- the operator returns (None when that is nothing), then the clones. A clone here has the strides that the annotation states, as in torch.

local v1, v2 = "higher_order.auto_functionalized", "higher_order.auto_functionalized_v2"

local function is_list(type) return type:find("%[%]") ~= nil end

-- The call as a plan: `cloned`, the tensors to clone, in the order of their results (a list of them for Tensor[]); and `value(arg, copy)`,
-- what the operator gets as its written argument `arg` when copy(i, j) is the clone of cloned[i], or of its element j.
local plans = {}

plans[v1] = function(n, written)
  local only = n.kwargs._only_clone_these_tensors
  local cloned, position = {}, {}
  for i, arg in ipairs(written) do
    cloned[i], position[arg.name] = n.kwargs[arg.name] or fx.none, i
  end
  local keeps = {}
  if type(only) == "table" then
    for i in ipairs(written) do keeps[i] = true end
    for _, name in ipairs(only) do keeps[position[name] or 0] = nil end
  end
  local function value(arg, copy)
    local i = position[arg.name]
    if type(cloned[i]) ~= "table" then return copy(i) end
    local items = {}
    for j in ipairs(cloned[i]) do items[j] = copy(i, j) end
    return items
  end
  return {cloned = cloned, keeps = keeps, value = value}
end

-- The view of a base that v2's keyword arguments _x_... describe: target and arguments, or nothing for the base itself.
local function view_of(kwargs, prefix)
  local function get(key) return kwargs[prefix .. key] end
  local function plain(list) return table.move(list, 1, #list, 1, {}) end
  if get("_alias") then return nil end
  if get("_storage_offset") then return "aten.as_strided.default", {plain(get("_size")), plain(get("_stride")), get("_storage_offset")} end
  if get("_slice_dim") then return "aten.slice.Tensor", {get("_slice_dim"), get("_slice_start"), get("_slice_end")} end
end

plans[v2] = function(n, written)
  local kwargs, only = n.kwargs, n.kwargs._only_clone_these_bases
  local keeps, relative = {}, {}
  if type(only) == "table" then
    for i in ipairs(kwargs._all_bases or {}) do keeps[i] = true end
    for _, i in ipairs(only) do keeps[i + 1] = nil end
  end
  local prefixes = {}
  for _, arg in ipairs(written) do
    if is_list(arg.type) then
      for j = 0, (math.type(kwargs["_" .. arg.name .. "_length"]) and kwargs["_" .. arg.name .. "_length"] or 0) - 1 do
        prefixes[#prefixes + 1] = "_" .. arg.name .. "_" .. j
      end
    else
      prefixes[#prefixes + 1] = "_" .. arg.name
    end
  end
  for _, prefix in ipairs(prefixes) do   -- bases of which a view counts from the beginning of the storage
    if view_of(kwargs, prefix) == "aten.as_strided.default" then relative[kwargs[prefix .. "_base_index"] + 1] = true end
  end
  local function single(prefix, copy, view)
    local base = kwargs[prefix .. "_base_index"]
    if base == fx.none then return fx.none end
    local target, args = view_of(kwargs, prefix)
    return target and view(copy(base + 1), target, args) or copy(base + 1)
  end
  local function value(arg, copy, view)
    local prefix = "_" .. arg.name
    if not is_list(arg.type) then return single(prefix, copy, view) end
    local length = kwargs[prefix .. "_length"]
    if length == fx.none then return fx.none end
    local items = {}
    for j = 1, length do items[j] = single(prefix .. "_" .. j - 1, copy, view) end
    return items
  end
  return {cloned = kwargs._all_bases or {}, keeps = keeps, relative = relative, value = value}
end

-- The tensors of a plan: {tensor, i, j} for its element j of cloned[i], without j when that is no list.
local function tensors(plan)
  local all = {}
  for i, one in ipairs(plan.cloned) do
    if type(one) == "table" then
      for j, item in ipairs(one) do all[#all + 1] = {item, i, j} end
    else
      all[#all + 1] = {one, i}
    end
  end
  return all
end

-- What is written, by the schema of the operator that a call is about; nil when nobody knows.
local function schema_of(n)
  local schema = not n.kwargs._op_schema and fx.schema(n.args[1])
  if not schema then return nil end
  local written = {}
  for _, arg in ipairs(schema.arguments) do
    if arg.written then written[#written + 1] = arg end
  end
  return schema, written
end

-- The value that `n` is the new value of, through all calls: it has the same strides and lies at the same place in its storage.
local function origin(n)
  local path = {}
  local at = n
  while at.target == "_operator.getitem" do
    table.insert(path, 1, at.args[2])
    at = at.args[1]
  end
  if not plans[at.target] or #path == 0 then return n end
  local schema, written = schema_of(at)
  if not schema then return nil end
  local one = plans[at.target](at, written).cloned[path[1] - math.max(#schema.returns, 1) + 1]
  if type(one) == "table" then one = one[(path[2] or -1) + 1] end
  if one == nil or one == fx.none then return n end   -- a result of the operator itself
  return origin(one)
end

local function is_input(n) return n.op == "placeholder" or n.op == "get_attr" end

-- May `base` be cloned so that nobody can tell the clone from torch's? The refusal when not. With `relative`, the second result is the input
-- that must lie at the beginning of its storage.
local function cloneable(g, n, base, relative)
  local density = base.meta and base.meta.density
  if density == "overlapping" then
    return nil, fx.refuse("internal-overlap", n.name .. " writes a copy of " .. base.name .. ", in which elements share an address", {base})
  end
  if not relative then return true end
  local from = origin(base)
  if from and density ~= "gaps" and density ~= "unknown" then
    if is_input(from) and from.meta then return true, from end
    if g:storage(from) == from and fx.schema(from) and density then return true end
  end
  return nil, fx.refuse("geometry-changes", n.name .. " views " .. base.name .. " from the beginning of its storage, and where " .. base.name ..
                        " lies in it is not known", {base})
end

local function match(g, n)
  if not plans[n.target] then return end
  local schema, written = schema_of(n)
  if not schema then
    local name = tostring(n.args[1]):gsub("^torch%.ops%.", "")
    return nil, fx.refuse("unknown-operator", "nobody knows what " .. name .. " writes: declare it before with fx.operator(\"" ..
                          name:gsub("%.default$", ""):gsub("%.", "::", 1) .. "(...) -> ...\"), as print(torch.ops." .. name .. "._schema) shows it")
  end
  local plan, first = plans[n.target](n, written), {}
  for _, one in ipairs(tensors(plan)) do
    local base, i = table.unpack(one)
    if base ~= fx.none and not plan.keeps[i] then
      local ok, more = cloneable(g, n, base, plan.relative and plan.relative[i])
      if not ok then return nil, more end
      first[#first + 1] = more
    end
  end
  local last = math.max(#schema.returns, 1) + #plan.cloned
  for _, user in ipairs(n.users) do
    local index = user.target == "_operator.getitem" and math.type(user.args[2]) == "integer" and user.args[2]
    if not index or index < 0 or index >= last then
      return nil, fx.refuse("unknown-operator", user.name .. " uses the tuple of " .. n.name .. " as a whole", {user})
    end
  end
  return {node = n, schema = schema, written = written, first = first}
end

-- Every use of `old` becomes a use of `value`, which may be a list or None.
local function substitute(old, value)
  local function within(arg)
    if arg == old then return value end
    if type(arg) == "table" then
      for k, item in ipairs(arg) do arg[k] = within(item) end
    end
    return arg
  end
  for _, user in ipairs(old.users) do
    for i, arg in ipairs(user.args) do user:set_arg(i, within(arg)) end
    for key, arg in pairs(user.kwargs) do user:set_arg(key, within(arg)) end
  end
end

-- Puts `value` in the place of `result`, a getitem of the call; of a list its elements in the place of their getitems.
local function replace(g, result, value)
  if type(value) == "table" then
    for _, user in ipairs(result.users) do
      if user.target == "_operator.getitem" then replace(g, user, value[user.args[2] + 1]) end
    end
  end
  if type(value) == "table" or value == fx.none then substitute(result, value) else result:replace_all_uses_with(value) end
  g:erase(result)
end

-- A clone with base's strides, when they are stated: aten.clone keeps those without gaps, others are asked for.
local function clone(g, n, base)
  local density = base.meta and base.meta.density
  if density ~= "gaps" and density ~= "unknown" then return g:insert_before(n, "aten.clone.default", {base}, nil, {meta = base}) end
  local function numbers(list, target)   -- of symbols the values
    local result = {}
    for i, size in ipairs(list) do
      result[i] = math.type(size) == "integer" and size or g:insert_before(n, target, {base, i - 1}, nil, {meta = "Sym(" .. size .. ")"})
    end
    return result
  end
  local shape, stride = numbers(base.meta.shape, "aten.sym_size.int"), numbers(base.meta.stride, "aten.sym_stride.int")
  local fresh = g:insert_before(n, "aten.new_empty_strided.default", {base, shape, stride}, nil, {meta = base})
  return g:insert_before(n, "aten.copy.default", {fresh, base}, nil, {meta = base})
end

-- What a view of base is annotated with; nil when something of it is not stated.
local function annotation_of_view(base, target, args)
  local meta = base.meta
  local function text(size) return math.type(size) == "integer" and tostring(size) or type(size) == "userdata" and size.meta and size.meta.sym end
  local function texts(list)
    local result = {}
    for i, size in ipairs(list) do result[i] = type(size) == "string" and size or text(size) or nil end
    return #result == #list and result
  end
  local shape, stride
  if target == "aten.as_strided.default" then
    shape, stride = texts(args[1]), texts(args[2])
  elseif meta then
    local dim, first, last = args[1] + 1, text(args[2]), text(args[3])
    shape, stride = texts(meta.shape), meta.stride and texts(meta.stride)
    if not (first and last) then return nil end
    shape[dim] = "(" .. last .. ") - (" .. first .. ")"
  end
  if not (meta and shape) then return nil end
  return meta.dtype .. "[" .. table.concat(shape, ", ") .. "]" .. (stride and "[" .. table.concat(stride, ", ") .. "]" or "") .. (meta.device or "")
end

-- Views that count from the beginning of the storage are only those of the clone when the input lies at its beginning.
local function guard_layout(g, base)
  local meta = base.meta
  local strides = {}
  if meta.stride then
    for i, stride in ipairs(meta.stride) do strides[i] = tostring(stride) end
  else
    local expected = "1"
    for i = #meta.shape, 1, -1 do
      strides[i] = expected
      expected = "(" .. expected .. ")*(" .. meta.shape[i] .. ")"
    end
  end
  g:add_guard("strides(" .. base.name .. ", [" .. table.concat(strides, ", ") .. "], 0)")
end

local function apply(g, m)
  local n, schema = m.node, m.schema
  local plan = plans[n.target](n, m.written)   -- again: the call before this one may have given it other arguments
  local copies = {}
  for _, one in ipairs(tensors(plan)) do
    local base, i, j = table.unpack(one)
    local copy = base
    if base ~= fx.none and not plan.keeps[i] then copy = clone(g, n, base) end
    if j then
      copies[i] = copies[i] or {}
      copies[i][j] = copy
    else
      copies[i] = copy
    end
  end
  local function copy(i, j) return j and copies[i][j] or copies[i] end
  local function view(base, target, args)
    return g:insert_before(n, target, {base, table.unpack(args)}, nil, {meta = annotation_of_view(base, target, args)})
  end

  local args, kwargs, positional, writes = {}, {}, true, {}
  for _, arg in ipairs(m.written) do writes[arg.name] = true end
  for _, arg in ipairs(schema.arguments) do
    local value
    if writes[arg.name] then value = plan.value(arg, copy, view) else value = n.kwargs[arg.name] end
    positional = positional and not arg.keyword and value ~= nil
    if positional then args[#args + 1] = value else kwargs[arg.name] = value end
  end
  local call = g:insert_before(n, schema.target, args, kwargs)

  local returned = math.max(#schema.returns, 1)
  for _, result in ipairs(n.users) do
    local index = result.args[2]
    if index >= returned then
      replace(g, result, copies[index - returned + 1] or {})
    elseif #schema.returns == 0 then
      replace(g, result, fx.none)
    elseif #schema.returns == 1 then
      call:set_meta(result)
      replace(g, result, call)
    else
      replace(g, result, g:insert_before(n, "_operator.getitem", {call, index}, nil, {meta = result}))
    end
  end
  g:erase(n)
  for _, input in ipairs(m.first) do guard_layout(g, input) end
end

fx.rewrite{
  name = "decompose_auto_functionalized",
  doc = "auto_functionalized calls written out as clones and the operator in place",
  match = match,
  apply = apply,
}
