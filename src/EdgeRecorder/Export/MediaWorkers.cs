using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Export;

/// <summary>What a job came to: its files, what was left out, and why it failed, if it did.</summary>
internal sealed record JobResult(IReadOnlyList<MediaPart> Parts, IReadOnlyList<string> Warnings, MediaError? Error);

/// <summary>
/// Runs jobs in processes of their own (`edge-recorder media-worker`), two at a time. Such a process looks at bytes of strangers: if it crashes, hangs or talks
/// nonsense, that ends its job with a message and nothing else.
/// </summary>
/// <param name="command">Program and arguments that start a worker.</param>
/// <param name="patience">A worker that neither takes footage nor reports anything for so long hangs.</param>
internal sealed partial class MediaWorkers(IReadOnlyList<string> command, TimeSpan patience, TimeProvider time, ILogger<MediaWorkers> log) : IDisposable
{
    public const int Most = 2;
    private const int LongestLine = 64 * 1024, MostParts = 100_000, PieceBytes = 1 << 20, BrokenPipe = 32;

    private readonly SemaphoreSlim _places = new(Most);

    /// <param name="footage">Writes count bytes from offset; exactly <see cref="MediaJob.FootageBytes"/> of them in all.</param>
    public async Task<JobResult> RunAsync(MediaJob job, Func<PipeWriter, long, long, CancellationToken, Task> footage, Action<double> progress, CancellationToken stop)
    {
        await _places.WaitAsync(stop);
        try
        {
            using var process = Start(job.Folder);
            using var hang = new CancellationTokenSource(patience, time);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, hang.Token);
            var reports = new Reports(progress, () => hang.CancelAfter(patience));
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            // Whoever waits for its pipes learns of its end from them.
            await using var ended = ending.Token.UnsafeRegister(static p => ((Process)p!).Kill(entireProcessTree: true), process);
            var feeding = FeedAsync(process, job, footage, () => hang.CancelAfter(patience), ending.Token);
            try
            {
                await reports.ReadAsync(process.StandardOutput, ending.Token);
                await feeding;
                await process.WaitForExitAsync(ending.Token);
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                // Said below, with the reason.
            }
            catch (Exception e) when (e is JsonException or InvalidDataException)
            {
                reports.Fail($"the media worker said what it must not: {e.Message}");
            }
            finally
            {
                End(process);
                await Task.WhenAny(feeding);
            }
            stop.ThrowIfCancellationRequested();
            if (hang.IsCancellationRequested)
                reports.Fail($"the media worker did nothing for {patience.TotalSeconds:0} s and was ended");
            var said = await errors;
            if (said.Length > 0)
                LogSaid(job.Id, said.Length > 2000 ? said[..2000] : said);
            if (!reports.IsEnded)
                reports.Fail(process.ExitCode is 0 or 1 ? "the media worker ended before the job did" : $"the media worker was ended by the system or crashed (exit code {process.ExitCode})");
            return new JobResult(reports.Parts, reports.Warnings, reports.Error);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Whether workers start here at all: one that is given no job ends well, in its sandbox.</summary>
    public static bool Starts(IReadOnlyList<string> command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardInput.Close();
            if (process.WaitForExit(TimeSpan.FromSeconds(20)))
                return process.ExitCode == 0;
            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (System.ComponentModel.Win32Exception)        // no such program, or not to be run
        {
            return false;
        }
    }

    public void Dispose() => _places.Dispose();

    private Process Start(string folder)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        return Process.Start(start) ?? throw new IOException($"{command[0]} cannot be started");
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    /// <summary>The job and its footage. A worker that ends early closes the pipe: what it said of it counts.</summary>
    private static async Task FeedAsync(Process process, MediaJob job, Func<PipeWriter, long, long, CancellationToken, Task> footage, Action alive, CancellationToken stop)
    {
        try
        {
            await using var input = process.StandardInput.BaseStream;
            await input.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(job, MediaJobJson.Default.MediaJob), stop);
            await input.WriteAsync("\n"u8.ToArray(), stop);
            var pipe = PipeWriter.Create(input, new StreamPipeWriterOptions(leaveOpen: true));
            for (long offset = 0, count; offset < job.FootageBytes; offset += count)
            {
                count = Math.Min(PieceBytes, job.FootageBytes - offset);
                await footage(pipe, offset, count, stop);
                alive();
            }
            await pipe.CompleteAsync();
        }
        catch (IOException e) when (e.HResult == BrokenPipe || process.HasExited)
        {
            // It has gone; its exit says more than the broken pipe.
        }
    }

    /// <summary>What a worker says, a line of JSON each; never more than can be meant.</summary>
    private sealed class Reports(Action<double> progress, Action alive)
    {
        private readonly List<MediaPart> _parts = [];
        private readonly List<string> _warnings = [];

        public IReadOnlyList<MediaPart> Parts => _parts;
        public IReadOnlyList<string> Warnings => _warnings;
        public MediaError? Error { get; private set; }
        public bool IsEnded { get; private set; }

        public async Task ReadAsync(StreamReader output, CancellationToken stop)
        {
            var line = new char[LongestLine];
            var filled = 0;
            while (await output.ReadAsync(line.AsMemory(filled), stop) is var read and > 0)
            {
                filled += read;
                alive();
                var begin = 0;
                for (int end; (end = Array.IndexOf(line, '\n', begin, filled - begin)) >= 0; begin = end + 1)
                    Take(line.AsSpan(begin, end - begin));
                line.AsSpan(begin, filled - begin).CopyTo(line);
                filled -= begin;
                if (filled == line.Length)
                    throw new InvalidDataException($"a line of more than {LongestLine} characters");
            }
        }

        public void Fail(string text) => (Error, IsEnded) = (new MediaError("internal", text), true);

        private void Take(ReadOnlySpan<char> line)
        {
            var report = JsonSerializer.Deserialize(line, MediaJobJson.Default.MediaReport) ?? throw new InvalidDataException("a line that says nothing");
            if (IsEnded)
                throw new InvalidDataException("more after the end");
            if (report.Progress is { } done && double.IsFinite(done))
                progress(Math.Clamp(done, 0, 1));
            if (report.Part is { } part)
                _parts.Add(_parts.Count < MostParts && part.Name == Path.GetFileName(part.Name) && part.Name is not ("" or "." or "..") ? part : throw new InvalidDataException($"a file named {part.Name}"));
            if (report.Warning is { } warning && _warnings.Count < 100)
                _warnings.Add($"{warning.Member}: {warning.Text}");
            if (report.Error is { } error)
                (Error, IsEnded) = (error, true);
            IsEnded |= report.Done == true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media worker, job {Id}: {Said}")]
    private partial void LogSaid(string id, string said);
}
