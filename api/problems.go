package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"grantledger/domain"
)

// problemText is one row of the interface's own codes (API.md 5).
type problemText struct {
	status        int
	title, detail domain.Words
}

type words = domain.Words

// say is a text in both languages.
func say(zh, en string) words { return words{ZH: zh, EN: en} }

// problemTexts are the codes that the interface adds to those of the domain.
var problemTexts = map[string]problemText{
	"malformed_json":    {400, say("请求格式错误", "Malformed JSON"), say("请求内容不是合格的 JSON（UTF-8，名称不重复，结尾无多余内容）。", "The request is no well-formed JSON (UTF-8, no name twice, nothing behind it).")},
	"malformed_request": {400, say("请求有误", "Malformed request"), say("请求无法读取：{reason}。", "The request cannot be read: {reason}.")},

	"unauthenticated": {401, say("请先登录", "Sign in first"), say("请先登录，或给出有效的访问令牌。", "Please sign in, or send a valid API token.")},
	"bad_credentials": {401, say("用户名或密码不对", "Wrong user or password"), say("用户名或密码不对。", "User or password is wrong.")},
	"token_expired":   {401, say("令牌已过期", "Token expired"), say("访问令牌已过期，请换一个。", "The API token has expired; use a new one.")},

	"not_authorised": {403, say("无权办理", "Not authorised"), say("您的角色不能办这一步，需要：{role}（{fund}）。", "Your role cannot do this; needed: {role} ({fund}).")},
	"cross_origin":   {403, say("来源不符", "Cross origin"), say("请求来自另一个网站，已拒绝。", "The request came from another site and was refused.")},

	"not_found":       {404, say("没有此页", "Not found"), say("没有这一页，或尚未公开。", "Not here, or not published.")},
	"unknown_command": {404, say("没有此命令", "Unknown command"), say("没有名为 {command} 的命令。", "There is no command {command}.")},

	"method_not_allowed": {405, say("方法不允许", "Method not allowed"), say("此地址不接受这种请求方法。", "This address does not take that method.")},
	"not_acceptable":     {406, say("格式不支持", "Not acceptable"), say("没有您要的格式。", "None of the formats asked for is available.")},
	"export_state":       {409, say("导出状态不符", "State of the export"), say("导出现在的状态是 {state}，不能这样办。", "The export is {state}; this is not possible now.")},
	"import_state":       {409, say("导入状态不符", "State of the import"), say("导入现在的状态是 {state}，不能这样办。", "The import is {state}; this is not possible now.")},
	"expired":            {410, say("已过期", "Expired"), say("已过期并删除。", "It expired and was removed.")},

	"body_too_large":         {413, say("请求过大", "Body too large"), say("请求内容最多 {limit} 字节。", "A request body holds {limit} bytes at most.")},
	"file_too_large":         {413, say("文件过大", "File too large"), say("文件最多 {limit} 字节。", "A file holds {limit} bytes at most.")},
	"unsupported_media_type": {415, say("内容类型不支持", "Unsupported media type"), say("请用 {wanted}。", "Send {wanted}.")},
	"key_required":           {428, say("缺少幂等键", "Key required"), say("请在 Idempotency-Key 中给出编号，重发时用同一个。", "Name a key in Idempotency-Key, the same when you repeat the request.")},

	"invalid_input":       {422, say("填写有误", "Invalid input"), say("请检查 {field}：{reason}。", "Check {field}: {reason}.")},
	"personal_data":       {422, say("含个人信息", "Personal data"), say("{field} 疑含身份证号或手机号，请删去。", "{field} looks like it holds an ID or phone number; remove it.")},
	"cursor_conflict":     {422, say("翻页参数冲突", "Cursor conflict"), say("cursor 只能与 limit 同用。", "Beside cursor only limit may be given.")},
	"invalid_cursor":      {422, say("翻页标记无效", "Invalid cursor"), say("cursor 已损坏，请从头翻起。", "The cursor is damaged; begin again.")},
	"batch_too_large":     {422, say("批次过大", "Batch too large"), say("一次最多 {limit}，请分批。", "At most {limit} at once; split the list.")},
	"too_many_rows":       {422, say("行数过多", "Too many rows"), say("超过 1,048,575 行，请缩小范围或用 CSV。", "More than 1,048,575 rows; narrow the filter or use CSV.")},
	"evidence_not_stored": {422, say("凭证未上传", "Evidence not stored"), say("凭证文件尚未上传。", "The evidence file is not stored here.")},
	"evidence_mismatch":   {422, say("凭证摘要不符", "Evidence mismatch"), say("文件与给出的摘要不符。", "The file does not have the digest given.")},
	"rate_limited":        {429, say("请求过于频繁", "Too many requests"), say("请稍后再试。", "Try again later.")},

	"internal":             {500, say("内部错误", "Internal error"), say("服务器出错，请凭请求号联系管理员。", "The server failed; tell the administrator the request id.")},
	"ledger_unavailable":   {503, say("账本暂不可用", "Ledger unavailable"), say("暂时不能入账，没有保存，请稍后再试。", "Cannot post now; nothing was saved.")},
	"clock_unconfirmed":    {503, say("时钟待确认", "Clock unconfirmed"), say("服务器时钟与上一笔相差过大，须由管理员确认；未保存任何内容。", "The server's clock is far from the last entry and must be confirmed by an administrator; nothing was stored.")},
	"busy":                 {503, say("正忙", "Busy"), say("暂时不能入账，没有保存，请稍后再试。", "Cannot post now; nothing was saved.")},
	"position_not_reached": {503, say("数据更新中", "Position not reached"), say("数据还在更新，请稍候。", "Still catching up.")},
	"setup_required":       {503, say("尚未设置", "Set-up required"), say("账本尚未设置，请先用设置链接建立管理员。", "The ledger has no administrator yet; use the set-up link first.")},
	"shutting_down":        {503, say("正在关闭", "Shutting down"), say("服务器正在关闭，未保存任何内容。", "The server is stopping; nothing was stored.")},
	"outcome_unknown":      {504, say("结果未知", "Outcome unknown"), say("网络中断，结果未知。再点一次不会重复入账。", "Outcome unknown. Pressing again will not post twice.")},
}

var faultTexts = map[string]words{
	"required":  say("必填", "is required"),
	"unknown":   say("没有此项", "is not known here"),
	"type":      say("类型不对", "has another type"),
	"pattern":   say("格式不符", "does not have the right form"),
	"date":      say("须为实际日期，如 2026-09-30", "must be a real date like 2026-09-30"),
	"enum":      say("不在可选值之内", "is none of the values allowed"),
	"too_long":  say("过长", "is too long"),
	"too_large": say("超出范围", "is out of range"),
	"amount":    say("须为大于零、两位小数的金额，如 30900.00", "must be an amount above zero with two decimals like 30900.00"),
}

func faultWords(code string) words {
	if w, ok := faultTexts[code]; ok {
		return w
	}
	return words{ZH: code, EN: code}
}

// fill replaces {name} by the detail of that name; unknown ones by "–".
func fill(text string, details map[string]any) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if v, ok := details[name]; ok {
			fmt.Fprint(&b, v)
		} else {
			b.WriteString("–")
		}
		text = after
	}
}

// explain gives status and texts of a code of the interface or the domain.
func explain(code string) (t problemText, ok bool) {
	if t, ok = problemTexts[code]; ok {
		return t, true
	}
	if !slices.Contains(problemCodes(), code) {
		return t, false
	}
	c := domain.Code(code)
	t.status = c.Status()
	t.title, t.detail = c.Words()
	return t, true
}

// problemCodes are all codes, sorted.
func problemCodes() []string {
	codes := slices.Collect(maps.Keys(problemTexts))
	for _, c := range domain.Codes() {
		codes = append(codes, string(c))
	}
	codes = append(codes, string(domain.VersionMismatch))
	slices.Sort(codes)
	return slices.Compact(codes)
}
