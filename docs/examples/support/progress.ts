import cliProgress from 'cli-progress';

export interface Progress {
  /** Says how far the work is. */
  update(step: number, loss: number, samplesPerSecond: number): void;
  /** The end of an epoch. */
  epoch(epoch: number, summary: string): void;
  stop(): void;
}

const width = 24;

/**
 * A progress bar with loss and speed: one line that moves on a terminal, and a line for each epoch where output goes to a file or a log, which
 * would show the moving one as garbage.
 */
export function progressBar(
  steps: number,
  epochs: number,
  stream: NodeJS.WriteStream = process.stdout,
): Progress {
  return stream.isTTY ? movingBar(steps, epochs, stream) : lines(steps, epochs, stream);
}

function movingBar(steps: number, epochs: number, stream: NodeJS.WriteStream): Progress {
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}% | epoch {epoch} | loss {loss} | {speed} samples/s {summary}',
      barsize: width,
      stream,
      // Its handler for Ctrl-C would wait for an event loop that training keeps busy; without it the process just ends.
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  let epoch = 1;
  let summary = '';
  bar.start(steps, 0, { epoch: `1/${epochs}`, loss: '-', speed: '-', summary });
  return {
    update: (step, loss, speed) =>
      bar.update(step, {
        epoch: `${epoch}/${epochs}`,
        loss: loss.toFixed(4),
        speed: speed.toFixed(0),
        summary,
      }),
    epoch: (done, text) => {
      epoch = Math.min(done + 1, epochs);
      summary = `| ${text}`;
      bar.update({ epoch: `${epoch}/${epochs}`, summary });
    },
    stop: () => bar.stop(),
  };
}

function lines(steps: number, epochs: number, stream: NodeJS.WriteStream): Progress {
  let last = { step: 0, loss: Number.NaN, speed: 0 };
  return {
    update: (step, loss, speed) => {
      last = { step, loss, speed };
    },
    epoch: (epoch, summary) => {
      const { step, loss, speed } = last;
      const full = Math.round((width * step) / steps);
      const bar = '█'.repeat(full) + '░'.repeat(width - full);
      const percentage = `${Math.floor((100 * step) / steps)}%`.padStart(4);
      stream.write(
        `${bar} ${percentage} | epoch ${String(epoch).padStart(String(epochs).length)}/${epochs} | loss ${loss.toFixed(4)} | ` +
          `${speed.toFixed(0)} samples/s | ${summary}\n`,
      );
    },
    stop: () => {},
  };
}
