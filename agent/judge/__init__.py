"""Is a candidate the same program, and faster?"""
