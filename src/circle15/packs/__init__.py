"""Rule packs and the shared facility types: TOML, data only."""
