using EdgeRecorder.Configuration;
using EdgeRecorder.Export;
using EdgeRecorder.Ledger;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.V4l2;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>What makes exports.</summary>
internal static class ExportEngine
{
    /// <summary>A busy box leaves workers little time, since they come last; but none takes five minutes for a piece of an export, or one for a picture.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5), StillPatience = TimeSpan.FromMinutes(1);

    public static void AddTo(IServiceCollection services, RecorderOptions options, DataRoot root)
    {
        services.AddSingleton(new ExportFolder(Path.Combine(root.Path, "exports")));
        services.AddSingleton(s => new ExportManifest(s.GetRequiredService<ExportFolder>(), s.GetRequiredService<DeviceKey>().Sign));
        services.AddSingleton(s => new ExportEncoders(options.Export.Encoder, FindEncoders, () => s.GetRequiredService<ChannelCatalog>().All.Any(channel => CameraAddress.IsOne(channel.Url))));
        services.AddSingleton(s => new ExportAbility(() => new WorkerStart(WorkerCommand(), StillPatience, TimeProvider.System).Works() && FFmpegLibraries.WhyNot is null, s.GetRequiredService<ExportEncoders>()));
        services.AddSingleton(s => new MediaWorkers(new WorkerStart(WorkerCommand(), Patience, s.GetRequiredService<TimeProvider>()), s.GetRequiredService<ILogger<MediaWorkers>>()));
        services.AddSingleton(s => new KeptWorkers(new WorkerStart(WorkerCommand(), StillPatience, s.GetRequiredService<TimeProvider>()), s.GetRequiredService<ILogger<KeptWorkers>>()));
        services.AddSingleton<Stills>();
        services.AddSingleton(s => new ExportSurroundings(s.GetRequiredService<IRing>(), s.GetRequiredService<IFootageSource>(), s.GetRequiredService<IRecorder>(), s.GetRequiredService<RecordingDesk>(), s.GetRequiredService<ChannelCatalog>(),
            s.GetRequiredService<ExportFolder>(), s.GetRequiredService<ExportManifest>(),
            s.GetRequiredService<MediaWorkers>(), s.GetRequiredService<ExportEncoders>(), options.System.Zone, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new ExportDesk(s.GetRequiredService<ExportStore>(), s.GetRequiredService<ExportSurroundings>(),
            options.Storage.Exports.Size.On(s.GetRequiredService<ExportFolder>().VolumeBytes) ?? long.MaxValue, s.GetRequiredService<ILogger<ExportDesk>>()));
    }

    /// <summary>Found by what they can, as local cameras find theirs.</summary>
    private static IReadOnlyList<string> FindEncoders() => [.. VideoDevice.FindEncoders([VideoAbi.V4L2_PIX_FMT_H264], VideoDevice.Nodes(), VideoDevice.Open).Select(found => found.Path)];

    /// <summary>This program once more; in the same way, where it was started as `dotnet edge-recorder.dll`.</summary>
    internal static string[] WorkerCommand()
        => Path.GetFileName(Environment.ProcessPath!) == "dotnet" ? [Environment.ProcessPath!, Environment.GetCommandLineArgs()[0], "media-worker"] : [Environment.ProcessPath!, "media-worker"];
}
