using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Hosting;

/// <summary>What serves surveillance devices, beside <see cref="DeviceEngine"/>.</summary>
internal static class SurveillanceEngine
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<SurveillanceReports>();
        services.AddSingleton(s => new SurveillanceDevices(s.GetRequiredService<DeviceCatalog>(), Options(s), s.GetRequiredService<DevicePasswords>(),
            s.GetRequiredService<DeviceJournal>(), s.GetRequiredService<RegistrationStore>(), s.GetRequiredService<SurveillanceReports>(), s.GetRequiredService<Storage.IRing>(),
            s.GetRequiredService<Media.BoxClock>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<SurveillanceDevices>>(), s.GetRequiredService<ILogger<SipEndpoint>>()));
        services.AddSingleton(s => new MediaReception(new MediaReceptionOptions { Address = IPAddress.Parse(Options(s).Bind), RtpPorts = Options(s).RtpPorts.ToString() },
            s.GetRequiredService<Media.BoxClock>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<MediaReception>>()));
        services.AddSingleton(s => new SurveillanceCalls(s.GetRequiredService<DeviceCatalog>(), Options(s), s.GetRequiredService<MediaReception>(), s.GetRequiredService<Media.BoxClock>(),
            s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDeviceProtocol, SurveillanceProtocol>();
        services.AddSingleton<IOfferingProtocol, SurveillanceOffers>().AddSingleton<IDeviceFigures, SurveillanceFigures>();
        services.AddHostedService<SurveillanceDoor>();
    }

    private static Gb28181Options Options(IServiceProvider services) => services.GetRequiredService<RecorderOptions>().Gb28181;
}

/// <summary>Opens the SIP port once everything behind it is ready and somebody could register: a password of all in the file, or of a device through the API.</summary>
internal sealed partial class SurveillanceDoor(RecorderOptions options, SurveillanceDevices devices, DeviceCatalog catalog, IRecorder recorder, TimeProvider time, ILogger<SurveillanceDoor> log)
    : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Seen = TimeSpan.FromMinutes(5);
    private ITimer? _timer;

    private bool MayOpen => options.Gb28181 is { Enabled: true, Port: not 0 };

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        devices.Ready += recorder.Retry;
        catalog.Changed += devices.Changed;
        return Task.CompletedTask;
    }

    /// <exception cref="IOException">The port is taken.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!MayOpen)
            return Task.CompletedTask;
        try
        {
            devices.Open();
        }
        catch (SocketException e)
        {
            throw new IOException($"gb28181.port {options.Gb28181.Port}: {e.Message}", e);
        }
        catalog.Changed += Changed;
        _timer = time.CreateTimer(_ => devices.NoteSeen(), null, Seen, Seen);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    /// <summary>The first password of a device opens a port that was closed until now.</summary>
    private void Changed(DeviceRow before, DeviceRow? after)
    {
        if (devices.IsOpen || after?.Code is null || after.Protocol != SurveillanceDevices.Name)
            return;
        try
        {
            devices.Open();
            LogOpened(options.Gb28181.Bind, options.Gb28181.Port);
        }
        catch (SocketException e)
        {
            LogTaken(options.Gb28181.Port, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Surveillance devices may register: {Bind}:{Port}")]
    private partial void LogOpened(string bind, int port);

    [LoggerMessage(Level = LogLevel.Error, Message = "gb28181.port {Port} cannot be opened: {Reason}. It is tried again with the next password, and at the next start")]
    private partial void LogTaken(int port, string reason);
}
