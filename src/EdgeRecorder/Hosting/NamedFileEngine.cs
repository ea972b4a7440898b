using EdgeRecorder.Api.Doors;
using EdgeRecorder.Api.Ome;
using EdgeRecorder.Configuration;
using EdgeRecorder.Files;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>What writes named files, and the family that asked for them first.</summary>
internal static class NamedFileEngine
{
    public static void AddTo(IServiceCollection services, RecorderOptions options, DataRoot root)
    {
        services.AddSingleton(new FamilyFolder(root.Path));
        services.AddSingleton(s => new NamedFiles(s.GetRequiredService<IRing>(), s.GetRequiredService<IRecorder>(), s.GetRequiredService<FamilyFolder>(), s.GetRequiredService<RecordingFileStore>(), s.GetRequiredService<RecordingDesk>(),
            () => options.Storage.Files.Size.On(new DriveInfo(root.Path).TotalSize), s.GetRequiredService<AacSound>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<NamedFiles>>()));
        var zone = options.System.TimeZone == "local" ? TimeZoneInfo.Local : TimeZoneInfo.FindSystemTimeZoneById(options.System.TimeZone);
        services.AddSingleton(new OmeTime(zone, withColon: options.Api.Ome.Dialect == "current"));
        services.AddSingleton(s => new OmeViews(options.Api.Ome, s.GetRequiredService<ChannelCatalog>()));
        services.AddSingleton<IRecordingFollower, OmeFollower>();
        services.AddSingleton<Door, OmeDoor>();
    }
}
