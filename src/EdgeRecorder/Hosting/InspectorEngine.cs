using EdgeRecorder.Api.Doors;
using EdgeRecorder.Api.Inspector;
using EdgeRecorder.Configuration;
using EdgeRecorder.Export;
using EdgeRecorder.Files;
using EdgeRecorder.Inspector;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>What serves the Inspector API.</summary>
internal static class InspectorEngine
{
    public static void AddTo(IServiceCollection services, RecorderOptions options)
    {
        services.AddSingleton(s => new InspectorSettingStore(s.GetRequiredService<SettingStore>(), options.Api.Inspector.PersistSettings, s.GetRequiredService<ILogger<InspectorSettingStore>>()));
        services.AddSingleton(s => new InspectorDesk(s.GetRequiredService<RecordingDesk>(), s.GetRequiredService<ChannelCatalog>(), s.GetRequiredService<IRecorder>(), s.GetRequiredService<IStorageStatus>(),
            s.GetRequiredService<InspectorSettingStore>(), s.GetRequiredService<FamilyFolder>(), options.System.Name, options.System.Zone, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new InspectorLog(s.GetRequiredService<InspectorDesk>(), s.GetRequiredService<InspectorSettingStore>(), s.GetRequiredService<FamilyFolder>(), s.GetRequiredService<ChannelCatalog>(),
            s.GetRequiredService<DeviceStore>(), s.GetRequiredService<PositionStore>(), s.GetRequiredService<EventStore>(), options.System.Name, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<InspectorLog>>()));
        services.AddSingleton<FragmentPicture>().AddSingleton<FrameGrabs>().AddSingleton<IRecordingFollower, InspectorFiles>();
        services.AddSingleton<Door, InspectorDoor>();
    }
}
