using EdgeRecorder.Configuration;
using EdgeRecorder.Health;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EdgeRecorder.Hosting;

/// <summary>What the box knows of its own state: its hardware, and whether its writers get on.</summary>
internal static class HealthEngine
{
    public static void AddTo(IServiceCollection services, RecorderOptions options, LedgerDatabase ledger)
    {
        services.TryAddSingleton(new SysTree());
        services.AddSingleton(ledger.Commits);
        services.AddSingleton(Standstill);
        services.AddSingleton(s =>
        {
            var clock = s.GetRequiredService<BoxClock>();
            return new BoxHealth(s.GetRequiredService<SysTree>(), options.Storage.Root, s.GetRequiredService<IStorageStatus>(), s.GetRequiredService<Standstill>(), () => TimeSpan.FromMicroseconds(clock.BoottimeUs));
        });
        services.AddHostedService<Watchdog>().AddHostedService<HealthRounds>();
    }

    private static Standstill Standstill(IServiceProvider services)
    {
        var (marks, time) = (services.GetServices<WorkMark>(), services.GetRequiredService<TimeProvider>());
        return services.GetRequiredService<SystemdNotify>().Watchdog is { } period ? new(marks, time) { Patience = period } : new(marks, time);
    }
}

/// <summary>Looks at the hardware from time to time.</summary>
internal sealed partial class HealthRounds(BoxHealth health, TimeProvider time, ILogger<HealthRounds> log) : BackgroundService
{
    /// <summary>Wear takes years and heat minutes; a sleeping disk is asked by its driver.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly HashSet<string> _known = [];
    private string _cannot = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
            Read();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Read()
    {
        try
        {
            health.Read();
            _cannot = "";
        }
        catch (IOException e)                                // a root that is gone; the ring says that better
        {
            if (_cannot != e.Message)
                LogCannot(_cannot = e.Message);
            return;
        }
        var faults = health.HardwareFaults;
        foreach (var fault in faults.Where(fault => _known.Add(Kind(fault))))
            LogFault(fault);
        _known.IntersectWith(faults.Select(Kind));
    }

    /// <summary>What the fault is about: its text up to the figure, which changes.</summary>
    private static string Kind(string fault) => fault.Split(" is at ", 2)[0];

    [LoggerMessage(Level = LogLevel.Error, Message = "Hardware: {Fault}")]
    private partial void LogFault(string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The disk below the root cannot be looked at: {Error}")]
    private partial void LogCannot(string error);
}
