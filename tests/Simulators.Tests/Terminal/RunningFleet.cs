using System.Text.Json;
using EdgeRecorder.Simulators;
using EdgeRecorder.Simulators.Terminal;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>Terminals in this process, commanded as through their control port.</summary>
internal sealed class RunningFleet : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Fleet _fleet;
    private readonly TerminalCommands _commands;
    private readonly Thread _pacer;

    private RunningFleet(TerminalOptions options)
    {
        _fleet = new Fleet(options);
        _commands = new TerminalCommands(_fleet);
        foreach (var fault in options.Process.Faults)
            _commands.ExecuteAtStart(fault);
        _pacer = new Thread(() => _fleet.Run(_stop.Token));
        _pacer.Start();
    }

    /// <param name="args">Switches; values of --video, --sub and --audio are names in <see cref="Clips"/>.</param>
    public static async Task<RunningFleet> StartAsync(ScriptedPlatform platform, params string[] args)
    {
        var all = new List<string> { "--server", platform.Address, "--reconnect", "0.1" };
        for (var i = 0; i < args.Length; i++)
            all.Add(i > 0 && args[i - 1] is "--video" or "--sub" or "--audio" && args[i] != "none" ? await Clips.FindAsync(args[i]) : args[i]);
        return new RunningFleet(TerminalOptions.Parse(new Arguments([.. all])));
    }

    public async Task<string> CommandAsync(string command)
    {
        var answer = await _fleet.Inbox.AskAsync(() => _commands.Execute(command));
        Assert.False(answer.StartsWith("error", StringComparison.Ordinal), $"{command}: {answer}");
        return answer;
    }

    public async Task<JsonElement> AskAsync(string command) => JsonDocument.Parse(await CommandAsync(command)).RootElement;

    public async Task<JsonElement> WaitAsync(Func<JsonElement, bool> condition, string command = "stats")
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var stats = await AskAsync(command);
            if (condition(stats))
                return stats;
            Assert.False(deadline.IsCancellationRequested, $"never came to that; the terminals say {stats}");
            await Task.Delay(10);
        }
    }

    public Task<JsonElement> OnlineAsync() => WaitAsync(s => s.GetProperty("online").GetInt32() == s.GetProperty("terminals").GetInt32(), "totals");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _pacer.Join();
        _stop.Dispose();
    }
}
