"""How crmcore's routes do beside a bare Litestar + Piccolo app that runs the same queries, in one run."""
