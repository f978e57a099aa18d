"""The networks of the suite "vision": those of Keras's table of applications, in its order."""

NETWORKS = (
    "Xception", "VGG16", "VGG19", "ResNet50", "InceptionV3", "InceptionResNetV2", "MobileNet", "MobileNetV2",
    "DenseNet121", "DenseNet169", "DenseNet201", "NASNetMobile", "NASNetLarge")
