// Command grantverify checks an export package of a ledger without the ledger: no network (but for the command witness, which
// serves), no server, nothing written but what --out, --state and key ask for. Its verdict is the exit status: 0 verified, 1 refused, 2 no verdict (usage, a file that cannot be
// read, a malformed trust file, an internal error).
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
)

// Exit statuses.
const (
	exitVerified  = 0
	exitRefused   = 1
	exitNoVerdict = 2
)

const usage = `核验善款明账导出包 / checks a GrantLedger export package

  grantverify --trust FILE [--kept FILE]… [--require-sm2] [--quorum N] [--max-age 24h|7d] [--allow-withheld] [--json]
              [--to hledger|csv --out PATH] PACKAGE
  grantverify trust OLD NEW
  grantverify event --trust FILE [policy] EVENT.json | --raw FILE --proof FILE --checkpoint FILE
  grantverify consistency --trust FILE [policy] OLD NEW PROOF.json
  grantverify key --name NAME FILE
  grantverify cosign --trust FILE --key FILE --state DIR [--name NAME] [--first] [--consistency PROOF.json] [--out FILE] [--json]
              PACKAGE|CHECKPOINT
  grantverify witness --listen ADDRESS --trust FILE --key FILE --state DIR [--name NAME] [--first]

  --trust FILE        书面收到的 trust.txt / the trust.txt that you were given on paper
  --kept FILE         以前保存的 checkpoint，可多次给出 / a checkpoint that you kept; may be repeated
  --require-sm2       必须有国密 SM2 签名 / an SM2 signature is needed
  --quorum N          至少 N 个见证人 / at least N witnesses
  --max-age 24h|7d    见证时间不得早于此 / the newest witness time is not older
  --allow-withheld    允许隐去内容 / bodies may be withheld
  --json              输出一个 JSON 对象 / print one JSON object
  --to hledger|csv    核验通过后另存一份视图 / after a successful check, also write a view
  --out PATH          视图的文件（hledger）或目录（csv），不得已存在 / its file (hledger) or directory (csv); nothing is overwritten

  trust OLD NEW       新的信任文件能否接替旧的 / may the new trust file follow the old one
  event               单条事件及其证明是否在签名的账本之内 / is one event, by its proof, in the signed ledger
  consistency         新检查点是否延续旧检查点 / does the newer checkpoint continue the older one
  key                 生成见证密钥，输出信任文件中的一行 / make a witness key, print its line of the trust file
  cosign              作为见证人签名：核对与此前所签相符后输出一行签名 / sign as a witness, once the ledger continues what was
                      signed before; prints the line to be added. --state keeps what was signed: never delete it
  witness             同上，按 C2SP tlog-witness 协议在线签名；只有此命令联网 / the same over HTTP (C2SP tlog-witness); the only
                      command that opens a socket

退出码 / exit status: 0 核验通过 verified, 1 核验未通过 refused, 2 无结论 no verdict
`

func main() {
	debug.SetGCPercent(25) // little is garbage; an auditor's machine has other uses for the memory
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command. A panic is no verdict.
func run(args []string, stdout, stderr io.Writer) (status int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "grantverify: 内部错误，无结论 / internal error, no verdict: %v\n", p)
			status = exitNoVerdict
		}
	}()
	if slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "-help" || a == "--help" }) {
		fmt.Fprint(stdout, usage)
		return exitNoVerdict // 0 is kept for a verdict
	}
	var err error
	if len(args) > 0 {
		status, err = runCommand(args[0], args[1:], stdout, stderr)
	} else {
		status, err = runVerify(args, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "grantverify: 无结论 / no verdict: %v\n", err)
		if _, ok := err.(usageError); ok {
			fmt.Fprint(stderr, "\n", usage)
		}
		return exitNoVerdict
	}
	return status
}

// runCommand runs the command of a word; any other first word belongs to the verification of a package.
func runCommand(word string, args []string, stdout, stderr io.Writer) (int, error) {
	switch word {
	case "trust":
		return runTrust(args, stdout)
	case "event":
		return runEvent(args, stdout, stderr)
	case "consistency":
		return runConsistency(args, stdout, stderr)
	case "cosign":
		return runCosign(args, stdout, stderr)
	case "witness":
		return runWitness(args, stdout)
	case "key":
		return runKey(args, stdout)
	}
	return runVerify(append([]string{word}, args...), stdout, stderr)
}

// usageError is a command line that asks for nothing possible.
type usageError struct{ reason string }

func (e usageError) Error() string { return e.reason }
