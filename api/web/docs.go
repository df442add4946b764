package web

import (
	_ "embed"

	"grantledger/domain"
)

// AuditRecipe is scripts/audit-recipe, the check of a package with stock tools; a test keeps the two equal.
//
//go:embed docs/audit-recipe
var AuditRecipe string

// DocsPage is the content of the documentation of exports.
type DocsPage struct {
	Sections []DocsSection
	Recipe   string // text of the script
}

// DocsSection is a section in the reader's language.
type DocsSection struct {
	ID, Title          string
	Paragraphs, Points []string
	Commands           []string
}

// docsWords are the texts of the page itself; those of its sections come from package bundle.
func docsWords(key string) domain.Words {
	return map[string]domain.Words{
		"title":    {ZH: "导出包怎样核验", EN: "How to check an export package"},
		"lead":     {ZH: "本页可以打印；每个导出包内的 README.txt 是同样的文字。", EN: "This page is made to be printed; the README.txt of every package holds the same text."},
		"recipe":   {ZH: "打印件：脚本 audit-recipe 全文", EN: "To print: the script audit-recipe"},
		"download": {ZH: "下载脚本", EN: "Download the script"},
		"offline":  {ZH: "离线核验页 offline.html", EN: "The verify page as one file, offline.html"},
	}[key]
}

// Docs is a text of the page in the reader's language.
func (r Reader) Docs(key string) string { return r.In(docsWords(key)) }
