using System.Net.Sockets;
using EdgeRecorder.Api;
using EdgeRecorder.Health;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Hosting;

/// <summary>
/// Feeds systemd's watchdog three times a period while every writer gets on, and says in a line what the recorder does. What stands for a whole period is
/// not fed for any more: a period later systemd ends the process. It is named before that, in the log and in that line.
/// </summary>
internal sealed partial class Watchdog(SystemdNotify systemd, Standstill standstill, Readiness readiness, ChannelCatalog catalog, IRecorder recorder, TimeProvider time, ILogger<Watchdog> log) : BackgroundService
{
    private readonly HashSet<string> _named = [], _given = [];
    private string _status = "";
    private bool _isDeaf;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(standstill.Patience / 3, time);
        do
            Look();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal void Look()
    {
        var standing = standstill.Look();
        var given = standing.FindAll(work => work.For >= standstill.Patience);
        try
        {
            if (given.Count == 0)
                systemd.Alive();
            if (readiness.ListenersOpen && Status(standing) is var status && status != _status)
                systemd.Status(_status = status);
            _isDeaf = false;
        }
        catch (SocketException e) when (!_isDeaf)
        {
            _isDeaf = true;
            Say(() => LogDeaf(e.Message));
        }
        catch (SocketException)
        {
            // Said when it began.
        }
        foreach (var work in standing.Where(work => _named.Add(work.Name)))
            Say(() => LogStanding(work.Name, (int)work.For.TotalSeconds));
        foreach (var work in given.Where(work => _given.Add(work.Name)))
            Say(() => LogGiven(work.Name, (int)work.For.TotalSeconds, systemd.Watchdog is null ? "" : "; systemd ends this process unless it goes on"));
        foreach (var name in _named.Where(name => standing.TrueForAll(work => work.Name != name)).ToList())
        {
            _named.Remove(name);
            _given.Remove(name);
            Say(() => LogGoesOn(name));
        }
    }

    private string Status(List<StandingWork> standing)
    {
        var states = catalog.All.Select(channel => recorder.Status(new(channel.Number, 0))?.State ?? ChannelState.Idle).ToList();
        var says = $"{states.Count(state => state == ChannelState.Recording)} of {states.Count} channels record";
        return standing.Count == 0 ? says : $"{says}; {Standstill.Describe(standing)}";
    }

    // The log lies on the disk that stands: a line about it must not hold up who looks.
    private static void Say(Action line) => ThreadPool.UnsafeQueueUserWorkItem(static line => line(), line, preferLocal: false);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The {Work} has been at the same piece of work for {Seconds} s")]
    private partial void LogStanding(string work, int seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "The {Work} has stood for {Seconds} s{WhatComes}")]
    private partial void LogGiven(string work, int seconds, string whatComes);

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Work} goes on")]
    private partial void LogGoesOn(string work);

    [LoggerMessage(Level = LogLevel.Warning, Message = "systemd cannot be told how this service is: {Error}")]
    private partial void LogDeaf(string error);
}
