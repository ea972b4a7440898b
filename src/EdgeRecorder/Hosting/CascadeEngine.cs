using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Cascade;
using EdgeRecorder.Configuration;
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
        services.AddHostedService<CascadeDoor>();
    }

    private static UpperPlatforms Make(IServiceProvider services)
    {
        var options = services.GetRequiredService<RecorderOptions>();
        var catalog = services.GetRequiredService<ChannelCatalog>();
        var host = options.Gb28181.MediaHost;
        var box = new CascadeSurroundings(options.System.Name, () => catalog.All, services.GetRequiredService<IRecorder>(), services.GetRequiredService<IRing>(), services.GetRequiredService<BoxClock>(),
            services.GetRequiredService<TimeProvider>(), IPAddress.TryParse(host, out var address) ? address : null, services.GetRequiredService<ILogger<UpperPlatforms>>());
        return new(options.Gb28181.Platforms, new SipOptions { Port = options.Gb28181.PlatformPort, Host = host }, box, services.GetRequiredService<ILogger<SipEndpoint>>());
    }
}

/// <summary>Registers with platforms above once the box is ready for their questions, and says good-bye before it stops.</summary>
internal sealed class CascadeDoor(RecorderOptions options, IServiceProvider services) : IHostedLifecycleService
{
    private UpperPlatforms? _platforms;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <exception cref="IOException">The port is taken.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Gb28181.Platforms.Count == 0)
            return Task.CompletedTask;
        _platforms = services.GetRequiredService<UpperPlatforms>();
        try
        {
            _platforms.Start();
        }
        catch (SocketException e)
        {
            throw new IOException($"gb28181.platformPort {options.Gb28181.PlatformPort}: {e.Message}", e);
        }
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => _platforms?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
