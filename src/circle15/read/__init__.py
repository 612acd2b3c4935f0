"""Raw files → checked tables in the study CRS, packs and studies from TOML."""
