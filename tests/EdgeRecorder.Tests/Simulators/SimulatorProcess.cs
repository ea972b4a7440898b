using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>A simulator in a process of its own, and its control port. It ends with the test, also when the test is killed.</summary>
internal abstract class SimulatorProcess : IAsyncDisposable
{
    private protected static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;
    private readonly TcpClient _control;
    private readonly StreamReader _answers;
    private readonly StreamWriter _commands;
    private readonly SemaphoreSlim _oneCommand = new(1);

    private protected SimulatorProcess(Started started)
    {
        (_process, _control) = (started.Process, started.Control);
        _answers = new StreamReader(_control.GetStream());
        _commands = new StreamWriter(_control.GetStream()) { AutoFlush = true, NewLine = "\n" };
    }

    public int ProcessId => _process.Id;

    /// <param name="Words">Of the line that it says when it is ready; the last is the control port.</param>
    private protected sealed record Started(Process Process, TcpClient Control, string[] Words);

    /// <param name="args">Mode and switches.</param>
    private protected static async Task<Started> LaunchAsync(IEnumerable<string> args)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. args, "--control", "0", "--exit-with-parent"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet does not start");
        try
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            var words = line?.Split(' ') ?? throw new InvalidOperationException($"the simulator ended at once: {string.Join(' ', start.ArgumentList)}");
            var control = new TcpClient { NoDelay = true };
            await control.ConnectAsync("127.0.0.1", int.Parse(words[^1], CultureInfo.InvariantCulture));
            return new(process, control, words);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Sends one command of the control port, e.g. <c>stall 6</c> or, to one of several, <c>@/gate drop 100</c>; throws when it is refused.</summary>
    public async Task<string> CommandAsync(string command)
    {
        await _oneCommand.WaitAsync();
        try
        {
            await _commands.WriteLineAsync(command);
            var answer = await _answers.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException($"{command}: the simulator has gone");
            return answer.StartsWith("error", StringComparison.Ordinal) ? throw new ArgumentException($"{command}: {answer}") : answer;
        }
        finally
        {
            _oneCommand.Release();
        }
    }

    /// <summary>Looks until <paramref name="condition"/> holds.</summary>
    private protected static async Task<T> WaitAsync<T>(Func<Task<T>> look, Func<T, bool> condition, TimeSpan? deadline)
    {
        var until = Stopwatch.StartNew();
        for (; ; )
        {
            var seen = await look();
            if (condition(seen))
                return seen;
            if (until.Elapsed > (deadline ?? TimeSpan.FromSeconds(20)))
                throw new TimeoutException($"the simulator did not come to that; it says {JsonSerializer.Serialize(seen, Json)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Asks it to end (SIGTERM's way: end of its input) and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        _oneCommand.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    /// <summary>Built beside the tests, with the same configuration and framework, but never referenced.</summary>
    private static string Program
    {
        get
        {
            // …/tests/EdgeRecorder.Tests/bin/CONFIGURATION/FRAMEWORK/
            var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.Combine(Clips.Root, "tests", "Simulators", "bin", output.Parent!.Name, output.Name, "simulators.dll");
        }
    }
}
