package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"grantledger/eventstore/merkle"

	"github.com/spf13/cobra"
)

func (c *console) keysTrust() *cobra.Command {
	var sign, in, out string
	var sheet, asHTML bool
	cmd := &cobra.Command{
		Use: "trust", Short: "信任文件：写出首版、离线签名、打印核对单 / the trust text: write the first, sign the next, print the sheet", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case sheet || asHTML:
				return c.printSheet(in, out, asHTML)
			case sign != "":
				return c.signTrust(sign, in, out)
			}
			return c.writeTrust()
		},
	}
	f := cmd.Flags()
	f.StringVar(&sign, "sign", "", "root key file: sign the trust text of --in; needs no ledger")
	f.StringVar(&in, "in", "", "trust text (default: trust-next.txt to sign, trust.txt to print, of the data directory)")
	f.StringVar(&out, "out", "", "file to write (default: standard output)")
	f.BoolVar(&sheet, "print", false, "print the sheet for paper, as text")
	f.BoolVar(&asHTML, "html", false, "print the sheet for paper, as a page")
	return cmd
}

// trustIn reads the trust text that a flag names, or one of the data directory.
func (c *console) trustIn(path, name string) (*merkle.Trust, error) {
	if path == "" {
		k, err := c.settingsFrom(map[string]any{})
		if err != nil {
			return nil, err
		}
		path = filepath.Join(k.String("data.dir"), name)
	}
	t, err := readTrust(path)
	if err != nil {
		return nil, usage(err)
	}
	return t, nil
}

func (c *console) giveOut(path, text string) error {
	if path == "" {
		_, err := fmt.Fprint(c.out, text)
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return usagef("%s is there already", path)
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// signTrust makes the note of a trust text with a root key that it names.
func (c *console) signTrust(key, in, out string) error {
	t, err := c.trustIn(in, stagedTrust)
	if err != nil {
		return err
	}
	signer, err := rootSigner(key, t)
	if err != nil {
		return err
	}
	note, err := merkle.SignNote(t.Text, signer)
	if err != nil {
		return err
	}
	if c.json {
		c.write(map[string]any{"version": t.Version, "note": string(note)})
		return nil
	}
	return c.giveOut(out, string(note))
}

func (c *console) printSheet(in, out string, asHTML bool) error {
	t, err := c.trustIn(in, "trust.txt")
	if err != nil {
		return err
	}
	text := sheetText(t)
	if asHTML {
		text = sheetPage(text)
	}
	return c.giveOut(out, text)
}

// groups cuts a text into groups of n characters, for comparing by eye or ear.
func groups(s string, n int) string {
	var out []string
	for len(s) > n {
		out = append(out, s[:n])
		s = s[n:]
	}
	return strings.Join(append(out, s), " ")
}

// grouped is a vkey with its base64 in groups.
func grouped(k merkle.VKey) string {
	text := k.String()
	i := len(fmt.Sprintf("%s+%08x+", k.Name, k.ID()))
	return text[:i] + " " + groups(text[i:], 8)
}

func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return groups(hex.EncodeToString(sum[:]), 4)
}

var roleWords = map[merkle.Role]string{
	merkle.RoleRoot:    "根密钥：签发下一版信任文件 / root: signs the next trust file",
	merkle.RoleLog:     "账本密钥：签检查点 / log: signs checkpoints",
	merkle.RoleSM2:     "国密密钥 SM2：签检查点 / sm2: signs checkpoints",
	merkle.RoleExport:  "导出密钥：签导出包 / export: signs packages",
	merkle.RoleWitness: "见证人密钥 / witness",
}

// sheetText is the sheet that is handed over on paper: whose signatures count, and how to compare.
func sheetText(t *merkle.Trust) string {
	var b strings.Builder
	fmt.Fprintf(&b, `善款明账 信任核对单 / GrantLedger trust sheet

账本 ledger      %s
版本 version     %d
见证人数 quorum  %d    国密签名 SM2 %s

trust.txt 的 SHA-256（签名行除外） / of trust.txt without its signature lines
  %s

怎样核对 / how to compare
  1. 用 sha256sum trust.txt 计算文件的摘要，与上面逐组比对（带签名行的文件，先去掉空行及其后的各行）。
     Compute sha256sum trust.txt and compare group by group (of a signed file without the empty line and what follows).
  2. 再比对下面每把密钥的指纹，即其公钥文本（vkey）的 SHA-256。 Then compare the fingerprint of each key: the SHA-256 of its vkey.
  3. 有一处不同就不要使用，请与交付人当面核实。 If anything differs do not use the file; ask whoever gave it to you, in person.
`, t.Origin, t.Version, t.Quorum, map[bool]string{true: "必须 required", false: "不要求 not required"}[t.RequireSM2], fingerprint(t.Text))
	for _, k := range t.Keys {
		fmt.Fprintf(&b, "\n%s\n", roleWords[k.Role])
		if line := trustLine(k); line.From != nil {
			fmt.Fprintf(&b, "  适用规模 sizes     %s  %s\n", line.sizes(), stateWords[line.State])
		}
		fmt.Fprintf(&b, "  名称 name         %s\n  编号 key id       %08x\n  指纹 fingerprint  %s\n  公钥 vkey         %s\n",
			k.Key.Name, k.Key.ID(), fingerprint(k.Key.String()), grouped(k.Key))
	}
	b.WriteString("\n交付人 handed over by ____________  接收人 received by ____________  日期 date ____________\n")
	return b.String()
}

// sheetPage is the sheet as a page that prints on A4 without anything from elsewhere.
func sheetPage(text string) string {
	return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>善款明账 信任核对单</title>
<style>@page{size:A4;margin:14mm}pre{font:9.5pt/1.45 "Noto Sans Mono CJK SC",monospace;white-space:pre-wrap;overflow-wrap:anywhere}</style>
<pre>` + html.EscapeString(text) + "</pre></html>\n"
}
