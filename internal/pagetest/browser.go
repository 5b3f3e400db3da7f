package pagetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A Look is how a page is looked at.
type Look struct {
	Language string // "en" or "fr"
	Theme    string // "light" or "dark"
	Width    int64  // in CSS pixels
}

// Looks are all that a page has to be good in.
func Looks() (all []Look) {
	for _, language := range []string{"en", "fr"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 320} {
				all = append(all, Look{language, theme, width})
			}
		}
	}
	return all
}

// String is its name.
func (l Look) String() string { return fmt.Sprintf("%s-%s-%d", l.Language, l.Theme, l.Width) }

// Browse starts Chromium, without a window, for the life of ctx. What chromedp does
// in the context that is given back, it does there. What the pages make the browser
// complain of, refusals of their policy above all, is given to complain, which is
// quick. The profile is in folder.
func Browse(ctx context.Context, folder string, complain func(string)) (context.Context, context.CancelFunc, error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, fmt.Errorf("%w: run ./test.sh once", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(folder),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.DisableGPU)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	ctx, end := chromedp.NewContext(ctx)
	close := func() { end(); stop() }
	err = chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			complain(e.Entry.Text)
		case *runtime.EventExceptionThrown:
			complain(e.ExceptionDetails.Text)
		case *page.EventJavascriptDialogOpening:
			complain("a dialog: " + e.Message)
		}
	})
	if err != nil {
		close()
		return nil, nil, err
	}
	return ctx, close, nil
}

// As has the browser look so from now on.
func As(ctx context.Context, l Look) error {
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(l.Width, 900)); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.Language}}); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.Theme}}})
	return err
}

// patience is how long anything may take.
const patience = 30 * time.Second

// Do does steps within patience.
func Do(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// Visit loads a page, whole.
func Visit(ctx context.Context, address string) error {
	if err := Do(ctx, chromedp.Navigate(address)); err != nil {
		return fmt.Errorf("look at %s: %w", address, err)
	}
	return nil
}

// Evaluate is what an expression gives in the page that is shown; a promise, what it
// is kept with.
func Evaluate[T any](ctx context.Context, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Picture is the page that is shown, from top to bottom, as a PNG.
func Picture(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.FullScreenshot(100))
}
