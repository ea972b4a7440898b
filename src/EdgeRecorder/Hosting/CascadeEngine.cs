using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Cascade;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Sip;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>The upward cascade: nothing of it is there unless platforms are configured.</summary>
internal static class CascadeEngine
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton(Make);
        services.AddSingleton<CascadeDoor>().AddSingleton<IPlatformStates>(s => s.GetRequiredService<CascadeDoor>()).AddSingleton<IDeviceFigures, CascadeFigures>();
        services.AddHostedService(s => s.GetRequiredService<CascadeDoor>());
    }

    private static UpperPlatforms Make(IServiceProvider services)
    {
        var options = services.GetRequiredService<RecorderOptions>();
        var catalog = services.GetRequiredService<ChannelCatalog>();
        var host = options.Gb28181.MediaHost;
        var (devices, protocols) = (services.GetRequiredService<DeviceCatalog>(), services.GetRequiredService<DeviceProtocols>());
        var box = new CascadeSurroundings(options.System.Name, () => catalog.All, PositionOf, services.GetRequiredService<IRecorder>(), services.GetRequiredService<IRing>(),
            services.GetRequiredService<BoxClock>(), services.GetRequiredService<TimeProvider>(), IPAddress.TryParse(host, out var address) ? address : null,
            new RtpPortRange(options.Gb28181.RtpPorts.First, options.Gb28181.RtpPorts.Last), services.GetRequiredService<ILogger<UpperPlatforms>>());
        return new(options.Gb28181.Platforms, new SipOptions { Port = options.Gb28181.PlatformPort, Host = host }, box, services.GetRequiredService<ILogger<SipEndpoint>>());

        Position? PositionOf(ChannelDefinition channel)
            => channel.Device is { } number && devices.Find(number) is { } row ? protocols.Of(row)?.Report(row)?.Position : null;
    }
}

/// <summary>Registers with platforms above once the box is ready for their questions, and says good-bye before it stops.</summary>
internal sealed class CascadeDoor(RecorderOptions options, IServiceProvider services) : IHostedLifecycleService, IPlatformStates
{
    private UpperPlatforms? _platforms;

    public IReadOnlyList<PlatformFigures> Figures => _platforms?.Figures ?? [];
    public long Strangers => _platforms?.Strangers ?? 0;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <exception cref="IOException">The port is taken.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Gb28181.Platforms.Count == 0)
            return Task.CompletedTask;
        var platforms = services.GetRequiredService<UpperPlatforms>();
        services.GetRequiredService<EventDesk>().Began += (kind, channels, at) => platforms.Tell(new(kind, [.. channels.Select(channel => channel.Number)], at));
        try
        {
            platforms.Start();
        }
        catch (SocketException e)
        {
            throw new IOException($"gb28181.platformPort {options.Gb28181.PlatformPort}: {e.Message}", e);
        }
        _platforms = platforms;
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => _platforms?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
