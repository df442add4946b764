package bundle

import "strings"

// Text is a text for people in both languages.
type Text struct{ ZH, EN string }

// GuideSection is a section of the guide to a package: paragraphs, then numbered points, then commands to type.
type GuideSection struct {
	ID         string // anchor of the page
	Title      Text
	Paragraphs []Text
	Points     []Text
	Commands   []string
}

// Guide says what is in a package, how it is checked, and what a check proves and does not prove (section 17). It is the
// README.txt of every package, and the page that documents exports.
func Guide() []GuideSection {
	return []GuideSection{{
		ID: "contents", Title: Text{"包里有什么", "What is in a package"},
		Points: []Text{
			{"MANIFEST：本包的声明，由导出密钥签名。", "MANIFEST: what this package claims, signed by the export key."},
			{"checkpoint：账本的签名规模与默克尔根，附见证签名。", "checkpoint: the signed size and Merkle root of the ledger, with witness lines."},
			{"heads.ndjson：区间内每一条事件的头，一行一条，按顺序，不论筛选条件。", "heads.ndjson: one line for EVERY event of the range, in order, whatever the filter."},
			{"bodies.ndjson：符合筛选条件的事件内容，顺序相同；空行表示隐去。", "bodies.ndjson: the contents of the events that match the filter, same order; an empty line is a withheld one."},
			{"balances.tsv：科目、资金、项目、机构、区划、年度、指标年度、用途、合计（分）。", "balances.tsv: account, fund, project, organisation, district, year, vintage, purpose, sum in fen."},
			{"README.txt：本说明，不参与计算。", "README.txt: this text; nothing is computed from it."},
		},
	}, {
		ID: "before", Title: Text{"核验之前", "Before you check"},
		Points: []Text{
			{"核验程序 grantverify 和信任文件 trust.txt 要从另外的渠道取得：trust.txt 以书面（盖章打印件）为准。不要使用与本包同一来源的核验程序、页面或信任文件。",
				"Get the program grantverify and the file trust.txt by another way than this package: trust.txt on paper. Never take the verifier, the page or the trust file from where the package came from."},
			{"找出上一次核验后保存的 checkpoint 文件，用 --kept 给出。它是发现记录被倒退或改写的唯一办法，没有见证人时尤其如此。",
				"Find the file checkpoint that you kept after the last check, and give it with --kept. It is the only way to notice that the records went back or were rewritten, above all where there is no witness."},
		},
	}, {
		ID: "program", Title: Text{"办法一：程序 grantverify（离线）", "Way 1: the program grantverify, off line"},
		Paragraphs: []Text{{"退出码 0 为核验通过，1 为核验未通过，2 为没有结论（文件读不出、用法不对）。通过之前不输出任何数据；--to csv 或 --to hledger 只从核验通过的包生成表格。",
			"Exit status 0: verified; 1: refused; 2: no verdict (a file cannot be read, wrong usage). No data is given out before the verdict; --to csv and --to hledger make tables of a verified package only."}},
		Commands: []string{"grantverify --trust trust.txt --kept checkpoint package.zip", "grantverify --trust trust.txt --to csv --out tables package.zip"},
	}, {
		ID: "page", Title: Text{"办法二：核验页（离线单个文件）", "Way 2: the verify page, one file, off line"},
		Paragraphs: []Text{{"核验页是与程序分别写成的第二套实现。把 offline.html 存到本机，断开网络打开，选择包、信任文件和留存的检查点。页面不发出任何请求。",
			"The verify page is a second implementation, written apart from the program. Save offline.html, open it without network, choose the package, the trust file and the checkpoints kept. The page sends nothing anywhere."}},
	}, {
		ID: "tools", Title: Text{"办法三：系统自带工具", "Way 3: stock tools"},
		Paragraphs: []Text{{"脚本 audit-recipe 只用 unzip、sha256sum、openssl 3、jq、awk 和 shell，全部步骤都可照打印件手工键入。下面两条核对文件哈希，以及完整包中正文与事件头逐条相符。",
			"The script audit-recipe uses only unzip, sha256sum, openssl 3, jq, awk and the shell; each step can be typed by hand from the printed page. The two lines below it check the hashes of the files and, in a full package, every body against its head."}},
		Commands: []string{"sh audit-recipe trust.txt package.zip",
			"unzip package.zip && awk 'length($1) == 64 && NF == 2' MANIFEST | sha256sum -c",
			"jq -r .body heads.ndjson > want; while IFS= read -r l; do printf %s \"$l\" | sha256sum | cut -c1-64; done < bodies.ndjson | diff - want"},
	}, {
		ID: "after", Title: Text{"核验之后", "After the check"},
		Points: []Text{
			{"通过：保存 checkpoint 文件，下次用 --kept 给出；有条件时与另一位持有人核对根。", "Verified: keep the file checkpoint for --kept the next time; where you can, compare the root with another holder."},
			{"未通过：不要使用这个包。连同留存的检查点原样保存，书面要求账本方解释。", "Refused: do not use the package. Keep it unchanged, together with the checkpoints, and ask the operator for a written explanation."},
		},
	}, {
		ID: "proves", Title: Text{"核验通过说明什么", "What a successful check proves"},
		Points: []Text{
			{"区间内的事件与签名的根完全一致，没有增减、改动或换序。", "The events of the range are exactly those under the signed root: none added, left out, altered or moved."},
			{"符合筛选条件的内容齐全：少一条都会被发现。", "The contents that match the filter are complete: one missing would be noticed."},
			{"余额等于分录之和；每条事件的每本账借贷相平。", "The balances are the sums of the entries; each book of each event is balanced."},
			{"与您留存的检查点属于同一段历史，其后没有改写。", "It is one history with the checkpoints that you kept; nothing before them was rewritten since."},
		},
	}, {
		ID: "limits", Title: Text{"这不能证明什么", "What this does not prove"},
		Points: []Text{
			{"入账之前：从未入账的事，以及第一份留存的检查点之前账本是否完整。第一次核验之前重写过的历史，看不出来。",
				"Before the record: what was never recorded, and whether the ledger was complete before the first checkpoint that anybody kept. A history rewritten before the first check does not show."},
			{"票据的真假：入账的事是否真实。附件只有哈希，只能证明文件没有换过，不能证明文件是真的。",
				"The truth of the papers: whether a recorded fact is true. Documents are only hashed, which shows that a file was not exchanged, not that it is genuine."},
			{"经筛选的包中，未包含内容的事件，其头是否准确；事件头缺少分录不强制的范围标记（如奖助、上级区划、来源）。只有完整包能逐条对照。",
				"In a filtered package, a wrong head of an event whose body is not in it; anywhere, a head that lacks a scope its entries do not force (award, a parent district, source). Only a full package shows every body against its head."},
			{"筛选条件以外的内容：只知道有这些事件及其类型、时间和范围，不知道金额。隐去的内容同样如此。",
				"Data outside the filter: that these events exist, with type, time and scopes, but no amounts. The same holds for withheld bodies."},
			{"两份历史：没有留存检查点、又没有见证人时，账本方可能给不同的人不同的历史；账本方与足够多的见证人合谋时也是。信任文件本身是假的，一切都是假的。",
				"Two histories: with nothing kept and no witness, the operator may show two auditors two histories; so may the operator together with a quorum of witnesses. If the trust file given to you is false, all of it is."},
			{"旧而真实的包：没有 --kept 和 --max-age 时，较新的事件可能被隐瞒。", "An old but true package: without --kept and --max-age, newer events may be kept from you."},
			{"密钥被盗：发现之前，用盗得的密钥签的名与真的一样；发现之后只认已有见证或留存的部分。",
				"Theft of a key: until it is known, a stolen key signs like the true one; afterwards only what was witnessed or kept counts."},
			{"时间：五分钟以内的误差，以及两次封存之间的时间。没有见证人时，记账时间只是账本方的时钟；业务日期只是声明。",
				"Time: errors within five minutes, and between two seals. Without a witness the recording time is the operator's clock; the business date is a claim."},
			{"业务规则（额度、权限、经办复核审批分离、超支、票据重复使用等）：写入时检查，本核验不重做；用完整包和账本程序重放可以再查一遍。",
				"Business rules such as limits, roles, separation of duties, overdrawn balances, double use of a document: they are checked when an event is written, not here; a replay of a full package with the ledger's program checks them again."},
			{"起点之前的内容：start 大于 0 时，此前的一切只由哈希固定，没有逐条检查，余额也只是区间内的变动。",
				"Anything before the start: with start above 0 all of it is fixed by a hash only and was not examined; the balances are movements of the range."},
			{"人是谁：账本里是用户和机构的编号。编号对应谁，人名簿不在账本之内，也不在包里。",
				"Who a person is: the ledger holds ids of users and organisations. The names behind ids of persons stand outside the log and are not in the package."},
			{"最后几秒：存储损坏且锚点、封存、读模型、副本同时丢失时，最近一个封存间隔（1 至 5 秒）内的事件。",
				"The last seconds: events of the last sealing interval (1 to 5 s), when a damaged store lost them together with anchor, seal, read model and replica."},
			{"每个收到包的人都能看到全部事件的编号、类型、时间和范围标记；盐使隐去的金额不能被猜出，但不能掩盖事件存在。",
				"Every holder of a package sees ids, types, times and scopes of all events; the salt keeps withheld amounts from being guessed, nothing hides that they exist."},
		},
	}}
}

// readme is the README.txt of every package; nothing interprets it. Its bytes are those of this version of the program.
func readme() []byte {
	var b strings.Builder
	b.WriteString("善款明账导出包 / GrantLedger export package\n")
	for _, s := range Guide() {
		b.WriteString("\n" + s.Title.ZH + " / " + s.Title.EN + "\n\n")
		for _, p := range s.Paragraphs {
			b.WriteString(p.ZH + "\n" + p.EN + "\n")
		}
		for i, p := range s.Points {
			b.WriteString(number(i+1) + p.ZH + "\n    " + p.EN + "\n")
		}
		for i, c := range s.Commands {
			if i == 0 && len(s.Paragraphs) > 0 {
				b.WriteString("\n")
			}
			b.WriteString("  " + c + "\n")
		}
	}
	return []byte(b.String())
}

// number is the mark of a point, four columns wide.
func number(n int) string {
	mark := string(rune('0'+n%10)) + ". "
	if n >= 10 {
		return string(rune('0'+n/10)) + mark
	}
	return " " + mark
}
