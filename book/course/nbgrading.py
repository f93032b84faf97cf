"""Grade submissions: the student's code in one kernel, the tests in another."""

import os
import sys
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader


def course_config(course):
    """The settings of nbgrader in a course's folder."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(Path(course).resolve())
    return config


def nbgrader(config):
    """nbgrader's Python interface; for its database it calls a program that lies beside Python."""
    programs, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if programs not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, path])
    return NbGraderAPI(config=config)
