package main

import (
	"fmt"
	"io"

	"grantledger/eventstore/merkle"
)

// runTrust answers whether a new trust file may follow an old one. The old one is the root of trust: when it is
// malformed there is no verdict.
func runTrust(args []string, stdout io.Writer) (int, error) {
	if len(args) != 2 {
		return exitNoVerdict, usageError{"需要旧的和新的信任文件 / give the old trust file and the new one"}
	}
	oldText, err := readSmall(args[0])
	if err != nil {
		return exitNoVerdict, err
	}
	newText, err := readSmall(args[1])
	if err != nil {
		return exitNoVerdict, err
	}
	old, err := merkle.ParseTrust(oldText)
	if err != nil {
		return exitNoVerdict, fmt.Errorf("%s: %w", args[0], err)
	}
	next, err := old.Succeeds(newText)
	if err != nil {
		_, err = fmt.Fprintf(stdout, "REFUSED trust: 新信任文件不能接替旧的 / %v\n请继续使用旧的信任文件 / keep using the old trust file\n", err)
		return exitRefused, err
	}
	_, err = fmt.Fprintf(stdout, "ACCEPTED 可以接替  %s\nversion %d follows version %d\n请用新文件替换旧的 / replace the old trust file by the new one\n",
		next.Origin, next.Version, old.Version)
	return exitVerified, err
}
