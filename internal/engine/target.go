package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// needsBefore: at the end, what the reference from before the update stands for now.
func (s *state) needsBefore() bool {
	return !s.GroupGone && !s.Update.Leaving && s.Run.Verdict != nil && s.Ledger.Template != nil
}

func (s *state) readBefore(ctx context.Context, w upgrade.World) (err error) {
	debt := s.Ledger.Template
	if s.Before, err = w.Templates.Resolve(ctx, debt.Before); err != nil && !errors.Is(err, upgrade.ErrNotFound) {
		return err
	}
	if debt.Pinned.Parameter == "" {
		return nil
	}
	if s.Pinned, err = w.Templates.Resolve(ctx, debt.Pinned.Ref()); errors.Is(err, upgrade.ErrNotFound) {
		return nil
	}
	return err
}

// needsPresent: in the setup, what the group's template reference stands for, and what the target
// means.
func (s *state) needsPresent() bool {
	inSetup := s.Run.Phase == upgrade.Setup && s.Run.Verdict == nil && !s.IsScaling()
	return !s.GroupGone && !s.Update.Leaving && inSetup && (s.Run.Begun() || s.mayBegin())
}

func (s *state) readPresent(ctx context.Context, w upgrade.World) (err error) {
	if s.Present, err = w.Templates.Resolve(ctx, s.Group.Template); err != nil {
		return fmt.Errorf("resolve version %s of launch template %s: %w", s.Group.Template.Version, s.Group.Template.ID, err)
	}
	if s.Run.Resolved == nil {
		return s.resolve(ctx, w)
	}
	return nil
}

// resolve finds out what the target means. A target that does not exist is for the rules to answer.
func (s *state) resolve(ctx context.Context, w upgrade.World) error {
	present, err := upgrade.ReadPresent(ctx, w.Images, w.Nodes, s.Present, s.Group)
	if err != nil {
		return err
	}
	resolved := upgrade.Resolved{From: present.Image, Before: s.Present, Unlaunchable: present.Unlaunchable}
	resolved.Before.Image = present.Image.ID
	if s.Group.Template.Follows() {
		resolved.Followed = s.Group.Template.Version
	}
	switch {
	case s.Update.Rollback != nil:
		err = s.resolveBack(ctx, w, &resolved)
	case s.Update.Target.TemplateVersion != "":
		err = s.resolveTemplate(ctx, w, &resolved)
	default:
		err = s.resolveImage(ctx, w, &resolved)
	}
	if errors.Is(err, upgrade.ErrNotFound) {
		s.resolveErr = err
		return nil
	}
	s.Resolved = &resolved
	return err
}

func (s *state) resolveTemplate(ctx context.Context, w upgrade.World, r *upgrade.Resolved) (err error) {
	ref := upgrade.TemplateRef{ID: s.Present.ID, Name: s.Present.Name, Version: s.Update.Target.TemplateVersion}
	if r.Template, err = w.Templates.Resolve(ctx, ref); err != nil {
		return err
	}
	r.ByTemplate = true
	return s.imageOf(ctx, w, r)
}

// imageOf finds out which image the nodes of a template version get now.
func (s *state) imageOf(ctx context.Context, w upgrade.World, r *upgrade.Resolved) (err error) {
	if t := r.Template; t.Image == "" && t.Parameter != "" {
		return fmt.Errorf("version %d of launch template %s takes its image from %s, which names no image: %w", t.Number, t.ID, t.Parameter, upgrade.ErrNotFound)
	}
	r.Image, err = w.Images.Image(ctx, r.Template.Image)
	return err
}

func (s *state) resolveImage(ctx context.Context, w upgrade.World, r *upgrade.Resolved) (err error) {
	if r.Image, err = w.Images.Resolve(ctx, s.Update.Target, r.From); err != nil {
		return err
	}
	if r.Image.ID == s.Present.Image && s.Present.Parameter == "" { // what a parameter names may change
		r.Template = s.Present
	}
	return nil
}

// resolveBack resolves the target of a rollback: the launch template version that
// the group used before the other update, and its image. ErrNotFound if one of
// them is gone, or if the other update never found out what its own target means.
// If a parameter names the image of that version, it may name another one by now:
// then a version with the image itself is made.
func (s *state) resolveBack(ctx context.Context, w upgrade.World, r *upgrade.Resolved) (err error) {
	back := s.Update.Rollback
	if back.Undone == nil || back.Undone.Before.Number == 0 {
		return fmt.Errorf("update %s, which is to be rolled back, does not exist or has changed nothing, so that there is nothing to go back to: %w", back.Of, upgrade.ErrNotFound)
	}
	before := back.Undone.Before
	ref := upgrade.TemplateRef{ID: before.ID, Name: before.Name, Version: strconv.FormatInt(before.Number, 10)}
	if r.Template, err = w.Templates.Resolve(ctx, ref); err != nil {
		return fmt.Errorf("version %d of launch template %s, which the group used before update %s: %w", before.Number, before.ID, back.Of, err)
	}
	r.ByTemplate = back.Undone.ByTemplate
	r.Followed = cmp.Or(r.Followed, back.Undone.Followed)
	byParameter := r.Template.Parameter != ""
	if byParameter && r.ByTemplate {
		return s.imageOf(ctx, w, r)
	}
	if byParameter {
		r.MadeFrom, r.Template = r.Template, upgrade.TemplateVersion{}
	}
	if r.Image, err = w.Images.Image(ctx, before.Image); err != nil {
		return fmt.Errorf("the image that the group used before update %s: %w", back.Of, err)
	}
	return nil
}
