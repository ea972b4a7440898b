using System.Net;
using EdgeRecorder.Api;
using EdgeRecorder.Api.Axxon;
using EdgeRecorder.Api.Cdvr;
using EdgeRecorder.Api.Doors;
using EdgeRecorder.Api.Inspector;
using EdgeRecorder.Api.Ome;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Recording;
using EdgeRecorder.Schedules;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeRecorder.Hosting;

/// <summary>Puts the web application together: everything but the engine, which the caller adds (the real one, or a test's).</summary>
internal static class RecorderHost
{
    public static WebApplication Build(RecorderOptions options, DataRoot root, LedgerDatabase ledger, ILoggerProvider? logs, Action<IServiceCollection> engine)
    {
        // The empty builder reads no appsettings.json of the working directory and no ASPNETCORE_ variables: the configuration is ours alone.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "edge-recorder", ContentRootPath = root.Path });
        if (logs is not null)
            builder.Logging.AddProvider(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options, root));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));      // less than systemd's 90 s, more than a slow last sync
        builder.Services.AddSingleton(options).AddSingleton(root).AddSingleton(ledger).AddSingleton(TimeProvider.System).AddSingleton(_ => SystemdNotify.FromEnvironment());
        AddLedger(builder.Services, root);
        builder.Services.AddSingleton<ChannelCatalog>().AddSingleton<RecordingDesk>().AddSingleton<LockDesk>();
        builder.Services.AddSingleton<DeviceCatalog>().AddSingleton<DeviceProtocols>().AddSingleton<FootageDesk>().AddSingleton<WantedDevices>().AddSingleton<DeviceViews>();
        builder.Services.AddSingleton(s => new DevicePasswords(s.GetRequiredService<DeviceCatalog>(), options.Gb28181, s.GetRequiredService<BoxSecret>(), s.GetRequiredService<ILogger<DevicePasswords>>()));
        builder.Services.AddSingleton<DeviceOffers>();
        builder.Services.AddBoxApi();
        builder.Services.AddSingleton(s => new InitialPassword(root.Path, s.GetRequiredService<UserStore>()));
        AddSchedules(builder.Services, options);
        ExportEngine.AddTo(builder.Services, options, root);
        NamedFileEngine.AddTo(builder.Services, options, root);
        builder.Services.AddSingleton<DoorGuard>().AddSingleton<Door, AxxonDoor>().AddSingleton<Door, CdvrDoor>().AddSingleton<CdvrJobs>().AddSingleton<CdvrFiles>().AddSingleton<CdvrCatalog>();
        InspectorEngine.AddTo(builder.Services, options);
        engine(builder.Services);
        builder.Services.AddHostedService<Startup>();          // last: the engine's own services are up when channels begin
        HealthEngine.AddTo(builder.Services, options, ledger);
        PanelEngine.AddTo(builder.Services);                   // but for the panel, which shows and switches what has begun
        var app = builder.Build();
        DoorMark.Use(app);
        app.MapBoxApi();
        return app;
    }

    private static void AddLedger(IServiceCollection services, DataRoot root)
    {
        services.AddSingleton(_ => BoxSecret.Open(root.Keys));
        services.AddSingleton<ChannelStore>().AddSingleton<UserStore>().AddSingleton<SessionStore>().AddSingleton<LockStore>().AddSingleton<RecordingStore>().AddSingleton<RecordingFileStore>().AddSingleton<ExportStore>().AddSingleton<AuditStore>().AddSingleton<SettingStore>().AddSingleton<ClockStore>();
        services.AddSingleton<ScheduleStore>().AddSingleton<DeviceStore>().AddSingleton<PositionStore>().AddSingleton<EventStore>().AddSingleton<RegistrationStore>();
        services.AddSingleton<IGapLedger, GapStore>();
    }

    private static void AddSchedules(IServiceCollection services, RecorderOptions options)
        => services.AddSingleton(s => new ScheduleDesk(s.GetRequiredService<ScheduleStore>(), s.GetRequiredService<RecordingDesk>(), s.GetRequiredService<ChannelCatalog>(), s.GetRequiredService<EventStore>(),
            new EventLocks(s.GetRequiredService<LockDesk>(), s.GetRequiredService<ChannelCatalog>(), s.GetRequiredService<IRing>(), s.GetRequiredService<IStorageStatus>(), s.GetRequiredService<ILogger<EventLocks>>()),
            s.GetRequiredService<IRing>(), s.GetRequiredService<BoxClock>(), options.System.Zone, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ScheduleDesk>>()));

    private static void Listen(KestrelServerOptions kestrel, RecorderOptions options, DataRoot root)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 1 << 20;           // bodies are small JSON documents
        kestrel.Limits.MaxConcurrentConnections = 1000;
        var box = options.Api.Box;
        if (box.Port != 0)
            kestrel.Listen(IPAddress.Parse(box.Bind), box.Port);
        if (box.TlsPort != 0)
        {
            var certificate = BoxCertificate.Open(root.Keys, options.System.Name, TimeProvider.System);
            kestrel.Listen(IPAddress.Parse(box.TlsBind), box.TlsPort, listener => listener.UseHttps(certificate));
        }
        DoorMark.Listen(kestrel, AxxonDoor.FamilyName, options.Api.Axxon);
        DoorMark.Listen(kestrel, InspectorDoor.FamilyName, options.Api.Inspector);
        DoorMark.Listen(kestrel, InspectorDoor.FamilyName, options.Api.Inspector, options.Api.Inspector.RecordingPort);
        if (options.Api.Ome.Token is not null)
            DoorMark.Listen(kestrel, OmeNames.FamilyName, options.Api.Ome);
        DoorMark.Listen(kestrel, CdvrDoor.FamilyName, options.Api.Cdvr);
    }
}
