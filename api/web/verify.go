package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"strings"
)

//go:embed verify/*.js verify/*.css verify/*.html
var verifyFiles embed.FS

// workerParts are the scripts of the verify page's worker in the order that they need each other.
var workerParts = []string{"text.js", "hash.js", "curve.js", "record.js", "zip.js", "tree.js", "check.js", "worker.js"}

// VerifyContent is the verify page between heading and foot in one language. It needs VerifyStyle, and VerifyScript in a
// script element after it whose data-worker names the address of VerifyWorker.
func VerifyContent(english bool) template.HTML {
	other := `<span lang="en">`
	if english {
		other = `<span lang="zh-CN">`
	}
	var b strings.Builder
	for i, part := range strings.Split(verifyFile("page.html"), other) {
		if i > 0 {
			_, part, _ = strings.Cut(part, "</span>") // texts hold no element of their own
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// VerifyScript is the page's own script. It loads nothing but its worker.
func VerifyScript() []byte { return []byte(compact(verifyFile("page.js"))) }

// VerifyWorker is the script of the worker: the whole verification of FORMAT.md 14, and of one event and one checkpoint.
func VerifyWorker() []byte {
	var b strings.Builder
	b.WriteString("\"use strict\";\n")
	for _, name := range workerParts {
		b.WriteString(compact(verifyFile(name)))
	}
	return []byte(b.String())
}

// VerifyStyle is the style sheet of the page's content.
func VerifyStyle() []byte { return []byte(verifyFile("verify.css")) }

// OfflineVerify is the verify page as one file that runs from disk. The hashes are the sources of a content security
// policy for its one script and its one style, `sha256-BASE64` without quotes; the file also carries the policy itself.
func OfflineVerify() (html []byte, scriptHash, styleHash string) {
	source, err := json.Marshal(string(VerifyWorker())) // escapes < and >, so the text cannot end the script element
	if err != nil {
		panic("web: " + err.Error())
	}
	script := "const workerSource = " + string(source) + ";\n" + string(VerifyScript())
	style := verifyFile("offline.css") + verifyFile("verify.css")
	scriptHash, styleHash = sourceHash(script), sourceHash(style)
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n")
	b.WriteString(`<meta http-equiv="Content-Security-Policy" content="` + offlinePolicy(scriptHash, styleHash) + "\">\n")
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>善款明账 验真 / GrantLedger verify</title>\n")
	b.WriteString("<style>" + style + "</style>\n</head>\n<body>\n<main>\n<h1>验真 <span lang=\"en\">Verify</span></h1>\n")
	b.WriteString("<p><button type=\"button\" id=\"verify-language\"><span lang=\"en\">English</span> / 中文</button></p>\n")
	b.WriteString(verifyFile("page.html") + "</main>\n<script>" + script + "</script>\n</body>\n</html>\n")
	return b.Bytes(), scriptHash, styleHash
}

// offlinePolicy forbids the single file everything but its own script, style and worker.
func offlinePolicy(scriptHash, styleHash string) string {
	return "default-src 'none'; script-src '" + scriptHash + "'; style-src '" + styleHash + "'; worker-src blob:; base-uri 'none'; form-action 'none'"
}

func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func verifyFile(name string) string {
	b, err := verifyFiles.ReadFile("verify/" + name)
	if err != nil {
		panic("web: " + err.Error())
	}
	return string(b)
}

// compact drops indentation and lines that are comments. The scripts hold no text of several lines.
func compact(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimLeft(line, " ")
		if line != "\n" && !strings.HasPrefix(line, "//") {
			b.WriteString(line)
		}
	}
	return b.String()
}
