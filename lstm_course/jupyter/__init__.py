"""What JupyterLab is told when `lstm-course lab` starts it: settings of its pages and of its server."""
