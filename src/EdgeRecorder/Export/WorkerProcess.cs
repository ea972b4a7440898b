using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Export;

/// <summary>What a job came to: its files, what was left out, and why it failed, if it did.</summary>
/// <param name="Encoder">What encoded its pictures; null: nothing did.</param>
internal sealed record JobResult(IReadOnlyList<MediaPart> Parts, IReadOnlyList<string> Warnings, MediaError? Error, string? Encoder = null);

/// <summary>How workers are started, and how long one may do nothing.</summary>
/// <param name="Command">Program and arguments.</param>
/// <param name="Patience">A worker that neither takes footage nor reports anything for so long hangs.</param>
internal sealed record WorkerStart(IReadOnlyList<string> Command, TimeSpan Patience, TimeProvider Time)
{
    /// <summary>Whether workers start here at all: one that is given no job ends well, in its sandbox.</summary>
    public bool Works()
    {
        try
        {
            using var process = Process.Start(Info(Path.GetTempPath()))!;
            process.StandardInput.Close();
            if (process.WaitForExit(Patience))
                return process.ExitCode == 0;
            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (System.ComponentModel.Win32Exception)        // no such program, or not to be run
        {
            return false;
        }
    }

    public ProcessStartInfo Info(string folder)
    {
        var info = new ProcessStartInfo(Command[0], Command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        // The run-time would open a socket for debuggers in front of the sandbox, and starts faster without.
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        return info;
    }
}

/// <summary>
/// A media worker, from its start to its end: one job or many, one after the other. It looks at bytes of strangers: if it crashes, hangs or talks nonsense, that ends
/// the job it was at with a message, and itself. One job at a time; disposing ends it, whatever it does.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int PieceBytes = 1 << 20, BrokenPipe = 32, LongestSaid = 2000;

    private readonly WorkerStart _start;
    private readonly Process _process;
    private readonly WorkerReports _reports;
    private readonly Task _listening;
    private readonly StringBuilder _said = new();
    private CancellationTokenSource? _hang;
    private bool _isSpent;

    /// <exception cref="IOException">It cannot be started.</exception>
    public WorkerProcess(WorkerStart start, string folder)
    {
        _start = start;
        _process = Process.Start(start.Info(folder)) ?? throw new IOException($"{start.Command[0]} cannot be started");
        _reports = new WorkerReports(_process.StandardOutput, Alive);
        _listening = ListenAsync();
    }

    /// <summary>It can take a job: it is there, and came well out of the ones before.</summary>
    public bool IsReady => !_isSpent && !_process.HasExited;

    public int Id => _process.Id;

    /// <summary>What it wrote for the log since it was asked last; the first words of it.</summary>
    public string Said()
    {
        lock (_said)
        {
            var said = _said.ToString();
            _said.Clear();
            return said;
        }
    }

    /// <param name="footage">Writes count bytes from offset; exactly <see cref="MediaJob.FootageBytes"/> of them in all.</param>
    /// <param name="isLast">No job follows: it is seen to its end, and must end well.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired; the worker has ended.</exception>
    public async Task<JobResult> RunAsync(MediaJob job, Func<PipeWriter, long, long, CancellationToken, Task> footage, Action<double> progress, bool isLast, CancellationToken stop)
    {
        using var hang = new CancellationTokenSource(_start.Patience, _start.Time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, hang.Token);
        _hang = hang;
        _reports.Begin(progress);
        // Whoever waits for its pipes learns of its end from them.
        await using var ended = ending.Token.UnsafeRegister(static p => ((Process)p!).Kill(entireProcessTree: true), _process);
        var feeding = FeedAsync(job, footage, isLast, ending.Token);
        var isWell = false;
        try
        {
            await _reports.ReadAsync(toTheEnd: isLast, ending.Token);
            await feeding;
            if (isLast)
                await _process.WaitForExitAsync(ending.Token);
            isWell = _reports.IsEnded && !isLast;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Said below, with the reason.
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            _reports.Fail($"the media worker said what it must not: {e.Message}");
        }
        finally
        {
            if (!isWell)
                await EndAsync(feeding);
            _hang = null;
        }
        stop.ThrowIfCancellationRequested();
        if (hang.IsCancellationRequested)
            _reports.Fail($"the media worker did nothing for {_start.Patience.TotalSeconds:0} s and was ended");
        if (!_reports.IsEnded)
            _reports.Fail(_process.ExitCode is 0 or 1 ? "the media worker ended before the job did" : $"the media worker was ended by the system or crashed (exit code {_process.ExitCode})");
        return _reports.Result;
    }

    public void Dispose()
    {
        End();
        _process.StandardInput.BaseStream.Dispose();
        _process.StandardOutput.Dispose();
        _process.Dispose();
    }

    private void Alive() => _hang?.CancelAfter(_start.Patience);

    private async Task EndAsync(Task feeding)
    {
        End();
        await Task.WhenAny(feeding);
        await _listening;
    }

    private void End()
    {
        _isSpent = true;
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    /// <summary>The job and its footage. A worker that ends early closes the pipe: what it said of it counts.</summary>
    private async Task FeedAsync(MediaJob job, Func<PipeWriter, long, long, CancellationToken, Task> footage, bool isLast, CancellationToken stop)
    {
        var input = _process.StandardInput.BaseStream;
        try
        {
            await input.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(job, MediaJobJson.Default.MediaJob), (byte)'\n'], stop);
            var pipe = PipeWriter.Create(input, new StreamPipeWriterOptions(leaveOpen: true));
            for (long offset = 0, count; offset < job.FootageBytes; offset += count)
            {
                count = Math.Min(PieceBytes, job.FootageBytes - offset);
                await footage(pipe, offset, count, stop);
                Alive();
            }
            await pipe.CompleteAsync();
            if (isLast)
                input.Close();
        }
        catch (IOException e) when (e.HResult == BrokenPipe || e.InnerException is SocketException || _process.HasExited)
        {
            // It has gone, or takes no more; its exit says more than the broken pipe, which the run-time writes to as to a socket.
        }
        catch
        {
            input.Close();                                  // the footage cannot be had: it need not be waited for
            throw;
        }
    }

    /// <summary>Takes what it writes for the log, so that it never waits for us, and keeps the beginning.</summary>
    private async Task ListenAsync()
    {
        using var errors = _process.StandardError;
        var text = new char[1024];
        while (await errors.ReadAsync(text, CancellationToken.None) is var read and > 0)
            lock (_said)
                _said.Append(text, 0, Math.Min(read, LongestSaid - _said.Length));
    }
}
