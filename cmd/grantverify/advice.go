package main

import (
	"strings"

	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
)

// advice says, for each kind of refusal, what a person does next.
type advice struct{ zh, en string }

var (
	askAgain  = advice{"请重新取得原文件再核验；仍不通过则保存该文件，不要使用。", "Get the original file again and check it; if it is refused again, keep it and do not use it."}
	keepBoth  = advice{"请保存本文件和您留存的检查点，书面要求账本方解释，并告知监督机关。", "Keep this file and the checkpoint that you kept, ask the operator for a written explanation, and tell the supervising office."}
	keepProof = advice{"文件内容被改动过，或账本程序有误。请保存该文件，不要使用，书面要求账本方解释。", "The contents were changed, or the ledger's program is at fault. Keep the file, do not use it, ask the operator for a written explanation."}
)

// adviceOf gives the advice for a refusal code; any other code gets that of changed contents.
func adviceOf(code string) advice {
	switch code {
	case bundle.CodeContainer, bundle.CodeFiles:
		return askAgain
	case bundle.CodeFork, bundle.CodeRollback, bundle.CodeSeal:
		return keepBoth
	case bundle.CodeManifest, bundle.CodeCheckpoint:
		return advice{"请确认 trust.txt 属于这个账本且是最新版本；确认无误仍不通过，则文件不是账本方签发的。", "Make sure that trust.txt is of this ledger and the newest one; if it is, this file was not issued by the operator."}
	case bundle.CodeTrust:
		return advice{"账本可能已换用新的信任文件。请经书面等另外的渠道取得，用 grantverify trust 旧 新 核对后再核验。", "There may be a new trust file. Get it on paper or by another channel, check it with grantverify trust OLD NEW, then try again."}
	case bundle.CodeSM2, bundle.CodeWitness:
		return advice{"请账本方补齐签名后重新导出。", "Ask the operator to export again when the signatures are complete."}
	case bundle.CodeStale:
		return advice{"请索取新导出的包。", "Ask for a package exported now."}
	case bundle.CodeKept:
		return advice{"请确认 --kept 给出的是以前保存的 checkpoint 文件，且属于这个账本。", "Make sure that --kept names a checkpoint file kept earlier, of this ledger."}
	case bundle.CodePrefix:
		return advice{"请索取从头开始的完整包，才能与留存的检查点核对。", "Ask for a package from the beginning: only that can be compared with what you kept."}
	case bundle.CodeWithheld:
		return advice{"如事先约定可以隐去内容，请加 --allow-withheld；否则要求完整的包。", "If it was agreed that bodies may be withheld, add --allow-withheld; otherwise ask for a package with all of them."}
	}
	return keepProof
}

// outOfUse is the advice when a true signature lies outside the sizes of its key.
var outOfUse = advice{
	"文件上的签名是真的，但所用密钥在信任文件中已停用或作废，不再适用于这一规模，可能有人盗用旧密钥。请不要使用本文件；请账本方用现用密钥重新导出，并确认您的 trust.txt 是最新版本。",
	"The signature is true, but the trust file says that its key was retired or withdrawn and does not count for this size: somebody may be using an old or stolen key. Do not use this file; ask the operator for an export signed with the key in use, and make sure that your trust.txt is the newest one.",
}

func adviceText(r *bundle.Refusal) string {
	a := adviceOf(r.Code)
	if strings.Contains(r.Reason, merkle.BeyondRange) {
		a = outOfUse
	}
	return "怎么办 / what to do: " + a.zh + "\n" + a.en + "\n"
}
