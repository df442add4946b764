package main

import (
	"io"
	"os"
	"path/filepath"

	"grantledger/eventstore/bundle"
)

// writeView writes the view that --to names. Nothing that exists is overwritten, nothing half done is left.
func writeView(o *options, p *bundle.Package) error {
	switch o.to {
	case "hledger":
		return writeFile(o.out, p.WriteHledger)
	case "csv":
		return writeCSV(o.out, p)
	}
	return nil
}

func writeCSV(dir string, p *bundle.Package) error {
	description, err := p.DataPackage()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, "postings.csv"), p.WriteCSV); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "datapackage.json"), func(w io.Writer) error {
		_, err := w.Write(append(description, '\n'))
		return err
	})
}

// writeFile makes a new file and removes it again when its content fails.
func writeFile(path string, content func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	err = content(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}
