package report

import (
	"context"
	"slices"
	"strconv"
)

// assetName is what an asset is called; its id, should it be gone.
func (w *work) assetName(id int64) string {
	if name, ok := w.names[id]; ok {
		return name
	}
	return "Asset " + strconv.FormatInt(id, 10)
}

// assetNames are the names of all assets, in their order.
func (w *work) assetNames() []string {
	names := make([]string, len(w.Assets))
	for i, id := range w.Assets {
		names[i] = w.assetName(id)
	}
	return names
}

// driverNames are the names of the drivers of parts, nil for nobody known.
func (w *work) driverNames(ctx context.Context, parts []part) (func(id int64) any, error) {
	return w.namesOfDrivers(ctx, each64(parts, func(p *part) int64 { return p.driver }))
}

func (w *work) namesOfDrivers(ctx context.Context, ids []int64) (func(id int64) any, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > 0 && ids[0] == 0 {
		ids = ids[1:]
	}
	names, err := w.fleet.DriverNames(ctx, w.AccountID, ids)
	return func(id int64) any {
		if name, ok := names[id]; ok {
			return name
		}
		return nil
	}, err
}
