#ifndef RONDA_CNCURSES_SHIM_H
#define RONDA_CNCURSES_SHIM_H

// Wide characters, declared whatever the compiler asks of the C library.
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

// `stdscr` is a variable that anybody may set, and much of curses is macros over it: neither can be
// used from Swift. Only the one thread that drives the screen calls these.

// Returns 0 when this terminal cannot be driven. initscr would end the program instead.
static inline int ronda_screen_open(void) {
    setlocale(LC_ALL, "");
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (!screen) return 0;
    set_term(screen);
    cbreak();
    noecho();
    nonl();
    // Ctrl-S is a key here, not the stopping of output.
    struct termios modes;
    if (tcgetattr(STDIN_FILENO, &modes) == 0) {
        modes.c_iflag &= ~(tcflag_t)IXON;
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
        def_prog_mode();
    }
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    // Milliseconds until a lone Esc is taken for one; a slow line splits the sequences of keys.
    set_escdelay(60);
    if (has_colors()) {
        start_color();
        use_default_colors();
        init_pair(1, COLOR_RED, -1);
        init_pair(2, COLOR_GREEN, -1);
        init_pair(3, COLOR_CYAN, -1);
    }
    return 1;
}

static inline void ronda_screen_close(void) {
    if (!isendwin()) endwin();
}

static inline int ronda_screen_width(void) { return getmaxx(stdscr); }
static inline int ronda_screen_height(void) { return getmaxy(stdscr); }

// Takes over the size of the terminal. Returns whether it is another one.
static inline int ronda_screen_fit(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_row || !size.ws_col) return 0;
    if (!is_term_resized(size.ws_row, size.ws_col)) return 0;
    return resizeterm(size.ws_row, size.ws_col) == OK;
}

enum {
    RONDA_STRONG = 1, RONDA_ALERT = 2, RONDA_GOOD = 4, RONDA_QUIET = 8, RONDA_CHOSEN = 16,
    RONDA_TITLE = 32,
};

static inline void ronda_screen_put(
    int y, int x, int style, int colored, const wchar_t *text, int count) {
    attr_t attributes = 0;
    short pair = 0;
    if (style & (RONDA_STRONG | RONDA_TITLE)) attributes |= A_BOLD;
    if (style & RONDA_ALERT) attributes |= A_BOLD;
    if (style & RONDA_QUIET) attributes |= A_DIM;
    if (style & RONDA_CHOSEN) attributes |= A_REVERSE;
    if (colored && has_colors()) {
        if (style & RONDA_ALERT) pair = 1;
        if (style & RONDA_GOOD) pair = 2;
        if (style & RONDA_TITLE) pair = 3;
    }
    attr_set(attributes, pair, NULL);
    mvaddnwstr(y, x, text, count);
}

static inline void ronda_screen_begin(void) {
    attr_set(0, 0, NULL);
    erase();
}

// Sends what differs from what the terminal shows.
static inline void ronda_screen_end(int y, int x) {
    if (y >= 0) {
        move(y, x);
        curs_set(1);
    } else {
        curs_set(0);
    }
    refresh();
}

// After something else has written over the screen.
static inline void ronda_screen_repaint(void) { clearok(stdscr, TRUE); }

enum { RONDA_NO_KEY = -1, RONDA_CHARACTER = 0, RONDA_KEY = 1 };

// A character or a key of curses; does not wait.
static inline int ronda_screen_key(wint_t *key) {
    switch (get_wch(key)) {
    case OK: return RONDA_CHARACTER;
    case KEY_CODE_YES: return RONDA_KEY;
    default: return RONDA_NO_KEY;
    }
}

#endif
