using System.Collections.Concurrent;
using System.Net;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Jt808;

/// <summary>A server on loopback with a time that the test moves, a registry that it fills and an observer that keeps what it was told.</summary>
internal sealed class ServerRig : IAsyncDisposable
{
    public static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public ServerRig(Func<TerminalServerOptions, TerminalServerOptions>? change = null, byte[]? key = null)
    {
        var options = new TerminalServerOptions { Port = 0, Bind = IPAddress.Loopback };
        Server = new(change?.Invoke(options) ?? options, new(key ?? Key), Registry, Observer, Time, NullLogger<TerminalServer>.Instance);
        Server.Start();
    }

    public ManualTime Time { get; } = new();
    public FakeRegistry Registry { get; } = new();
    public FakeObserver Observer { get; } = new();
    public TerminalServer Server { get; }

    public Task<ScriptedTerminal> ConnectAsync(string phone = "013912345678", bool? hasVersionFlag = null, IPAddress? from = null)
        => new ScriptedTerminal(phone, hasVersionFlag).ConnectAsync(Server.Port, from);

    /// <summary>A terminal that has registered and authenticated, and what the box has of it.</summary>
    public async Task<(ScriptedTerminal Terminal, ITerminal Seen)> EnterAsync(string phone = "013912345678")
    {
        var terminal = await ConnectAsync(phone);
        await terminal.EnterAsync();
        await Observer.NextAsync($"registered {Sim(phone)}");
        await Observer.NextAsync($"connected {Sim(phone)}");
        return (terminal, Server.Find(Sim(phone))!);
    }

    /// <summary>Moves the time, in steps no longer than the timer's own.</summary>
    public void Advance(double seconds)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(0.5))
            Time.Advance(left < TimeSpan.FromSeconds(0.5) ? left : TimeSpan.FromSeconds(0.5));
    }

    /// <summary>Until somebody waits for an answer with this much patience left.</summary>
    public Task WaitingAsync(double seconds) => Until(() => Time.Waiting.Any(left => Math.Abs(left.TotalSeconds - seconds) < 0.01), $"a wait of {seconds} s");

    public static Task Until(Func<bool> condition, string what) => RecorderRig.Until(condition, what);

    public static SimNumber Sim(string phone) => SimNumber.TryParse(phone, out var sim) ? sim : throw new ArgumentException(phone);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

internal sealed class FakeRegistry : ITerminalRegistry
{
    public ConcurrentDictionary<string, Admission> Admissions { get; } = [];
    public ConcurrentDictionary<string, string> Codes { get; } = [];
    public Admission Default { get; set; } = Admission.Admitted;

    public Admission Admit(SimNumber sim, Registration? registration, IPAddress from) => Admissions.GetValueOrDefault(sim.ToString(), Default);
    public bool VerifyCode(SimNumber sim, ReadOnlySpan<byte> code) => Codes.TryGetValue(sim.ToString(), out var stored) && stored == Convert.ToHexString(code);
    public void StoreCode(SimNumber sim, byte[] code) => Codes[sim.ToString()] = Convert.ToHexString(code);
    public void ForgetCode(SimNumber sim) => Codes.TryRemove(sim.ToString(), out _);
}

internal sealed class FakeObserver : ITerminalObserver
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly BlockingCollection<(string Event, object? About)> _events = [];
    private readonly ConcurrentDictionary<ITerminal, bool> _here = [];

    /// <summary>Calls that came for a terminal that was not there: before Connected or after Gone.</summary>
    public ConcurrentQueue<string> OutOfTurn { get; } = [];

    public int Waiting => _events.Count;

    /// <summary>When set, thrown at the next location.</summary>
    public Exception? Fault { get; set; }

    public void Connected(ITerminal terminal)
    {
        _here[terminal] = true;
        _events.Add(($"connected {terminal.Sim}", terminal));
    }

    public void Gone(ITerminal terminal, string why)
    {
        if (!_here.TryRemove(terminal, out _))
            OutOfTurn.Enqueue("gone");
        _events.Add(($"gone {terminal.Sim}: {why}", terminal));
    }

    public void Registered(SimNumber sim, Registration registration) => _events.Add(($"registered {sim}", registration));
    public void Attributes(ITerminal terminal, AvAttributes attributes) => Add(terminal, "attributes", attributes);
    public void Parameters(ITerminal terminal, IReadOnlyList<TerminalParameter> parameters) => Add(terminal, $"parameters {parameters.Count}", parameters);
    public void Passengers(ITerminal terminal, PassengerFlow flow) => Add(terminal, $"passengers {flow.Boarded} {flow.Left}", flow);
    public void UploadDone(ITerminal terminal, ushort serial, bool isComplete) => Add(terminal, $"upload {serial} {isComplete}", null);

    public void Location(ITerminal terminal, in LocationReport report, LocationOrigin origin)
    {
        if (Fault is { } fault)
            throw fault;
        Add(terminal, $"{origin} {report.LatitudeE6}", report);
    }

    public async Task<object?> NextAsync(string expected)
    {
        var (said, about) = await Task.Run(() => _events.TryTake(out var next, Patience) ? next : ("nothing", null));
        Assert.Equal(expected, said);
        return about;
    }

    private void Add(ITerminal terminal, string what, object? about)
    {
        if (!_here.ContainsKey(terminal))
            OutOfTurn.Enqueue(what);
        _events.Add(($"{terminal.Sim} {what}", about));
    }
}
