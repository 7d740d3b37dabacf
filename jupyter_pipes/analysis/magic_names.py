"""IPython's magics by what they do with names."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_CELL_MAGICS = _words("""
    ! bash sh cmd script sx system python python2 python3 pypy perl ruby html HTML javascript js latex
    markdown svg SVG writefile file
""")
"""Cell magics whose body is no Python of this notebook."""

CODE_CELL_MAGICS = _words("step setup params time capture prun memit snakeviz pyinstrument debug heat")
"""Cell magics that run their body in the notebook's namespace."""

SCRATCH_MAGICS = frozenset({"timeit"})
"""Magics that run Python in a scope of its own: it reads names, and what it binds does not last."""

CODE_LINE_MAGICS = _words("time prun memit lprun mprun snakeviz pyinstrument debug")
"""Line magics whose argument is Python that runs in the notebook's namespace."""

LOOKING_MAGICS = _words("pinfo pinfo2 pdoc pdef psource pfile pprint page store whos who")
"""Line magics whose arguments are names that they show."""

HARMLESS_LINE_MAGICS = _words("""
    aimport alias alias_magic autoawait autocall automagic autoreload autosave bookmark cat cd clear
    colors conda config connect_info cp dhist dirs doctest_mode env gui hist history killbgscripts ldir
    less lf lk ll load_ext ls lsmagic lx magic mamba man matplotlib micromamba mkdir more mv notebook
    pastebin pdb pip pipeline popd precision psearch pushd pwd pycat qtconsole quickref rehashx
    reload_ext rm rmdir save set_env sx system tb unalias unload_ext uv watermark who_ls xmode logon
    logoff logstart logstop logstate
""")
"""Line magics that bind no names."""

LINE_MAGICS = CODE_LINE_MAGICS | SCRATCH_MAGICS | LOOKING_MAGICS | HARMLESS_LINE_MAGICS
"""Every line magic that the analysis understands."""
